import type { Client } from 'pg'
import type { SweepOptions } from '../../../domain/agent-registry-repository.ts'
import type { Transition } from '../../../domain/transition.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { WriteProbe } from '../connections/write-probe.ts'
import { toLapse } from '../rows.ts'
import { inSchema } from '../schema/schema-name.ts'
import type { MomentRow } from './database-time.ts'

/** Leases that one pass expires: 500 took two thirds of the time, and 2000 are no faster a lease. */
const SWEEP_LIMIT = 1000
/** Milliseconds between two signs of life of a node that another sweeps for. */
const STANDBY_INTERVAL_MS = 250

// Neither waits for a replica: the row of the time would be locked meanwhile.
const OPEN = `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
  SELECT rollcall.open_node($1, $2, $3) FROM quick`
// After a restart of the whole fleet it may have to give every agent more time.
const OPEN_TIMEOUT = { query_timeout: 300_000 }
const CLOSE = {
  name: 'close_node',
  text: `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
    SELECT rollcall.close_node($1, $2) FROM quick`,
}
const TICK = {
  name: 'tick',
  text: 'SELECT * FROM rollcall.tick($1, $2, $3, $4)',
  // It holds the row of the time, which other nodes want as well.
  timeoutMs: 2000,
}

interface TickRow extends MomentRow {
  /** This node is the one that sweeps. */
  readonly sweeps: boolean
  /** There may be more to do at once. */
  readonly more: boolean
  /** The revision before those of the lapsed; null: there are none. */
  readonly base: string | null
  /** The agents whose leases are over, a row in JSON in a line each. */
  readonly lapsed: string | null
}

/** Something that one node does for all. */
export interface MaintenanceTask {
  /** Milliseconds between two times that it is done. */
  readonly everyMs: number
  /** Does some of it. Returns whether there is more to do at once. */
  readonly work: () => Promise<boolean>
}

/**
 * The signs of life of a node, and its part in the sweep: one node sweeps for all, as long as it
 * gives signs of life; another takes over within half a second.
 */
export class NodePulse {
  readonly #database: PostgresDatabase
  readonly #node: string
  readonly #chores: readonly MaintenanceTask[]
  readonly #probe: Pick<WriteProbe, 'refusal' | 'isBlocked' | 'confirm'>
  readonly #dueAt = new Map<MaintenanceTask, number>()
  #ticking = false
  #sweeps = 0
  /** Another node sweeps: until then this one may be silent. */
  #silentUntil = 0
  /** This node may not hear heartbeats: until then it is silent. */
  #heldUntil = 0
  #working: Promise<void> | undefined
  #ended = false

  /**
   * @param options.chores of the node that sweeps
   * @param options.probe knows whether it is useless to write what waits for locks and replicas
   */
  constructor(options: {
    database: PostgresDatabase
    node: string
    chores: readonly MaintenanceTask[]
    probe: Pick<WriteProbe, 'refusal' | 'isBlocked' | 'confirm'>
  }) {
    this.#database = options.database
    this.#node = options.node
    this.#chores = options.chores
    this.#probe = options.probe
  }

  /** Passes of this node that expired somebody. */
  get sweeps(): number {
    return this.#sweeps
  }

  /**
   * Gives no signs of life for so many milliseconds. When all nodes are silent for more than a second,
   * that time is taken out of the life of every lease, as when none is there.
   */
  hold(ms: number): void {
    this.#heldUntil = performance.now() + ms
  }

  /** Says that a node is there; when it is the only one, leases go on from where they were. */
  static async begin(
    client: Client,
    database: PostgresDatabase,
    { node, graceMs }: { node: string; graceMs: number },
  ): Promise<void> {
    const values = [await database.now(), node, graceMs]
    await client.query({ text: inSchema(OPEN, database.schema), values, ...OPEN_TIMEOUT })
  }

  /** Gives a sign of life, and expires whose lease is over, if it is on this node to do it. */
  async tick(options: SweepOptions): Promise<{ lapses: readonly Transition[]; more: boolean }> {
    const { limit = SWEEP_LIMIT, nextSweepMs } = options
    const isLast = nextSweepMs === Number.POSITIVE_INFINITY
    const now = performance.now()
    const isIdle = nextSweepMs !== undefined && (this.#ticking || now < this.#silentUntil)
    if ((isIdle || now < this.#heldUntil) && !isLast) return { lapses: [], more: false }
    this.#ticking = true
    try {
      const next = isLast ? -1 : (nextSweepMs ?? null)
      // While expiries cannot be written, a sign of life waits for nothing.
      const values = [this.#node, next, this.#probe.isBlocked ? 0 : limit]
      const { row, moment } = await this.#database.queryWithClock<TickRow>(TICK, values)
      this.#silentUntil = row.sweeps ? 0 : performance.now() + STANDBY_INTERVAL_MS
      if (row.sweeps && this.#probe.refusal === undefined) this.#doChores()
      if (row.lapsed === null) return { lapses: [], more: row.more }
      this.#sweeps++
      const first = Number(row.base) + 1
      const lapsed = row.lapsed.split('\n')
      const lapses = lapsed.map((text, index) => toLapse(text, { moment, revision: first + index }))
      return { lapses, more: row.more }
    } catch (error) {
      await this.#probe.confirm(error)
      throw error
    } finally {
      this.#ticking = false
    }
  }

  /** Says that the node goes. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#working
    // Without a word, the others notice by themselves.
    await this.#database
      .now()
      .then((now) => this.#database.write(CLOSE, [now, this.#node]))
      .catch(() => undefined)
  }

  #doChores(): void {
    const now = performance.now()
    const due = this.#chores.filter((chore) => (this.#dueAt.get(chore) ?? 0) <= now)
    if (due.length === 0) return
    this.#working ??= this.#do(due)
      // The database is away; they are done the next time.
      .catch(() => undefined)
      .finally(() => {
        this.#working = undefined
      })
  }

  async #do(chores: readonly MaintenanceTask[]): Promise<void> {
    for (const chore of chores) {
      this.#dueAt.set(chore, performance.now() + chore.everyMs)
      while (!this.#ended && (await chore.work())) await new Promise(setImmediate)
    }
  }
}

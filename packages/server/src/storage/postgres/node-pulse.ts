import type { SweepOptions } from '../../domain/agent-registry-repository.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import type { PostgresHistory } from './postgres-history.ts'
import type { MomentRow } from './postgres-time.ts'

/** Leases that one pass expires: as many as go into one group. */
const SWEEP_LIMIT = 500
/** Milliseconds between two signs of life of a node that another sweeps for. */
const STANDBY_INTERVAL_MS = 250
/** Milliseconds between two looks for history that is no longer kept. */
const TRIM_INTERVAL_MS = 5000

const OPEN = { name: 'open_node', text: 'SELECT rollcall.open_node($1, $2, $3)' }
const CLOSE = { name: 'close_node', text: 'SELECT rollcall.close_node($1, $2)' }
const TICK = { name: 'tick', text: 'SELECT * FROM rollcall.tick($1, $2, $3, $4)' }

interface TickRow extends MomentRow {
  /** This node is the one that sweeps. */
  readonly sweeps: boolean
  readonly due: string[]
  readonly more: boolean
}

/**
 * The signs of life of a node, and its part in the sweep: one node sweeps for all, as long as it
 * gives signs of life; another takes over within half a second.
 */
export class NodePulse {
  readonly #database: PostgresDatabase
  readonly #node: string
  readonly #history: PostgresHistory
  #ticking = false
  /** Another node sweeps: until then this one may be silent. */
  #silentUntil = 0
  #trimAt = performance.now() + TRIM_INTERVAL_MS
  #trimming: Promise<void> | undefined

  constructor(options: { database: PostgresDatabase; node: string; history: PostgresHistory }) {
    this.#database = options.database
    this.#node = options.node
    this.#history = options.history
  }

  /** Says that a node is there; when it is the only one, leases go on from where they were. */
  static async begin(database: PostgresDatabase, node: string, graceMs: number): Promise<void> {
    await database.write(OPEN, [await database.now(), node, graceMs])
  }

  /** Gives a sign of life, and learns whose lease is over, if it is on this node to tell. */
  async tick(options: SweepOptions): Promise<{ due: readonly string[]; more: boolean }> {
    const { limit = SWEEP_LIMIT, nextSweepMs } = options
    const isLast = nextSweepMs === Number.POSITIVE_INFINITY
    const isIdle = this.#ticking || performance.now() < this.#silentUntil
    if (isIdle && nextSweepMs !== undefined && !isLast) return { due: [], more: false }
    this.#ticking = true
    try {
      const next = isLast ? -1 : (nextSweepMs ?? null)
      const { row } = await this.#database.atMoment<TickRow>(TICK, [this.#node, next, limit])
      this.#silentUntil = row.sweeps ? 0 : performance.now() + STANDBY_INTERVAL_MS
      if (row.sweeps) this.#trim()
      return row
    } finally {
      this.#ticking = false
    }
  }

  /** Says that the node goes. */
  async end(): Promise<void> {
    await this.#trimming
    // Without a word, the others notice by themselves.
    await this.#database
      .now()
      .then((now) => this.#database.write(CLOSE, [now, this.#node]))
      .catch(() => undefined)
  }

  #trim(): void {
    if (performance.now() < this.#trimAt) return
    this.#trimAt = performance.now() + TRIM_INTERVAL_MS
    this.#trimming ??= this.#trimAll()
      // The database is away; the next look tries again.
      .catch(() => undefined)
      .finally(() => {
        this.#trimming = undefined
      })
  }

  async #trimAll(): Promise<void> {
    while (await this.#history.trim()) await new Promise(setImmediate)
  }
}

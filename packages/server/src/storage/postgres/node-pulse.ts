import type { SweepOptions } from '../../domain/agent-registry-repository.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { AGENT_COLUMNS, type FoundLeases, type FoundRow, toLeases } from './postgres-rows.ts'

/** Leases that one pass expires: as many as go into one group. */
const SWEEP_LIMIT = 500
/** Milliseconds between two signs of life of a node that another sweeps for. */
const STANDBY_INTERVAL_MS = 250

// After a restart of the whole fleet it may have to give every agent more time.
const OPEN = {
  name: 'open_node',
  text: 'SELECT rollcall.open_node($1, $2, $3)',
  timeoutMs: 300_000,
}
const CLOSE = { name: 'close_node', text: 'SELECT rollcall.close_node($1, $2)' }
/** Checks that one pass makes; most find a lease that was renewed, and are put off. */
const CHECK_LIMIT = 2000
const TICK = {
  name: 'tick',
  text: `WITH t AS MATERIALIZED (SELECT * FROM rollcall.tick($1, $2, $3)),
    passed AS MATERIALIZED (
      SELECT a.*, a.deadline <= c.lease AS is_due, c.check_at, c.place
      FROM (
        SELECT t.lease, c.* FROM t, LATERAL (
          SELECT c.agent_id, c.check_at, c.ctid AS place FROM rollcall.checks c
          WHERE t.sweeps AND c.check_at <= t.lease + 1000
          ORDER BY c.check_at LIMIT ${CHECK_LIMIT}
        ) c
      ) c JOIN rollcall.agents a USING (agent_id)
    ),
    filed AS (
      UPDATE rollcall.checks c SET check_at = o.deadline FROM passed o
      WHERE NOT o.is_due AND o.deadline <> o.check_at
        AND c.ctid = o.place AND c.check_at = o.check_at
    ),
    due AS (
      SELECT * FROM passed o WHERE o.is_due ORDER BY o.deadline, o.agent_id LIMIT $4
    )
    SELECT t.*, ${AGENT_COLUMNS}, (
        SELECT count(*) FILTER (WHERE o.is_due) > $4
          OR count(*) = ${CHECK_LIMIT} AND bool_or(o.is_due OR o.deadline <> o.check_at)
        FROM passed o
      ) AS more
    FROM t LEFT JOIN due a ON true`,
}

/** An agent whose lease is over, if there is one. */
type TickRow = FoundRow & {
  /** This node is the one that sweeps. */
  readonly sweeps: boolean
  readonly more: boolean
}

/** Agents whose lease is over, oldest deadline first. */
interface Due extends FoundLeases {
  readonly more: boolean
}

/** Something that one node does for all. */
export interface Chore {
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
  readonly #chores: readonly Chore[]
  readonly #dueAt = new Map<Chore, number>()
  #ticking = false
  /** Another node sweeps: until then this one may be silent. */
  #silentUntil = 0
  #working: Promise<void> | undefined
  #ended = false

  /** @param options.chores of the node that sweeps */
  constructor(options: { database: PostgresDatabase; node: string; chores: readonly Chore[] }) {
    this.#database = options.database
    this.#node = options.node
    this.#chores = options.chores
  }

  /** Says that a node is there; when it is the only one, leases go on from where they were. */
  static async begin(database: PostgresDatabase, node: string, graceMs: number): Promise<void> {
    await database.write(OPEN, [await database.now(), node, graceMs])
  }

  /**
   * Gives a sign of life, and learns whose lease is over. Undefined: there is nothing to be said, or
   * it is on another node to tell.
   */
  async tick(options: SweepOptions): Promise<Due | undefined> {
    const { limit = SWEEP_LIMIT, nextSweepMs } = options
    const isLast = nextSweepMs === Number.POSITIVE_INFINITY
    const isIdle = this.#ticking || performance.now() < this.#silentUntil
    if (isIdle && nextSweepMs !== undefined && !isLast) return undefined
    this.#ticking = true
    try {
      const next = isLast ? -1 : (nextSweepMs ?? null)
      const values = [this.#node, next, limit]
      const { row, rows, moment } = await this.#database.atMoment<TickRow>(TICK, values)
      this.#silentUntil = row.sweeps ? 0 : performance.now() + STANDBY_INTERVAL_MS
      if (!row.sweeps) return undefined
      this.#doChores()
      return { leases: toLeases(rows), moment, more: row.more }
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

  async #do(chores: readonly Chore[]): Promise<void> {
    for (const chore of chores) {
      this.#dueAt.set(chore, performance.now() + chore.everyMs)
      while (!this.#ended && (await chore.work())) await new Promise(setImmediate)
    }
  }
}

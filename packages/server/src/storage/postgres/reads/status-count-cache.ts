import type { EventBus } from '../../../domain/event-bus.ts'
import { LIVE_STATUSES, type LiveStatus } from '../../../domain/query/agent-filter.ts'
import { StatusCounter, type StatusCounts } from '../../../domain/status-counts.ts'
import type { Transition } from '../../../domain/transition.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { MomentRow } from '../nodes/database-time.ts'
import { liveStatusOf } from './live-status.ts'

/** Counts all agents, once per node: 30 to 60 ms for 100 000. */
const COUNT_ALL = {
  name: 'count_all',
  text: `SELECT r.revision, s.status, s.count
    FROM rollcall.registry r LEFT JOIN LATERAL (
      SELECT ${liveStatusOf('a')} AS status, count(*) AS count
      FROM rollcall.agents a WHERE NOT a.expired GROUP BY 1
    ) s ON true`,
  timeoutMs: SERVER_LIMITS.postgresListMs.value,
}

/** Counts the agents whose lease has lapsed, and whose expiry is not recorded yet. */
const LAPSED = {
  name: 'lapsed_by_status',
  text: `SELECT m.*, r.expired, l.* FROM rollcall.moment($1) m, rollcall.registry r, LATERAL (
      SELECT ${LIVE_STATUSES.map((status) => `count(*) FILTER (WHERE a.status = '${status}') AS ${status}`).join(',\n        ')}
      FROM rollcall.checks c, LATERAL (
        SELECT ${liveStatusOf('a')} AS status
        FROM rollcall.agents a
        WHERE a.agent_id = c.agent_id AND NOT a.expired AND a.deadline <= m.lease OFFSET 0
      ) a WHERE c.check_at <= m.lease + 1000
    ) l`,
}

/**
 * Counts the agents of a registry by status: all of them on the first call, and from then on by the
 * transitions that this node receives anyway.
 */
export class PostgresStatusCounts {
  readonly #database: PostgresDatabase
  #counter: Promise<StatusCounter> | undefined
  /** Transitions received during the initial count; undefined: no count is running. */
  #buffered: Transition[] | undefined
  #counted: Counted | undefined

  constructor(database: PostgresDatabase, bus: EventBus) {
    this.#database = database
    bus.subscribe(
      (transitions) => this.#onTransitions(transitions),
      // The history was replaced: count again.
      () => this.#reset(),
    )
  }

  async read(): Promise<StatusCounts> {
    this.#counter ??= this.#countAll().catch((error: unknown) => {
      this.#reset()
      throw error
    })
    const counter = await this.#counter
    const { row } = await this.#database.queryWithClock<LapsedRow>(LAPSED, [], { lane: 'reads' })
    const counts = { ready: 0, busy: 0, draining: 0, suspect: 0, expired: Number(row.expired) }
    for (const status of LIVE_STATUSES) {
      const lapsed = Number(row[status])
      // The two counts are not from the same moment.
      counts[status] = Math.max(0, counter.of(status) - lapsed)
      counts.expired += lapsed
    }
    return counts
  }

  #onTransitions(transitions: readonly Transition[]): void {
    this.#buffered?.push(...transitions)
    if (this.#counted) applyTo(this.#counted, transitions)
  }

  #reset(): void {
    this.#counter = this.#counted = this.#buffered = undefined
  }

  async #countAll(): Promise<StatusCounter> {
    const buffered: Transition[] = []
    this.#buffered = buffered
    const rows = await this.#database.read<CountRow>(COUNT_ALL, [], { isLong: true })
    const counter = new StatusCounter()
    for (const { status, count } of rows) if (status !== null) counter.add(status, Number(count))
    const counted = { counter, revision: Number(rows[0]?.revision) }
    applyTo(counted, buffered)
    // Unless the history was replaced meanwhile: then this count is of the previous one.
    if (this.#buffered === buffered) {
      this.#buffered = undefined
      this.#counted = counted
    }
    return counter
  }
}

/** A count, and the revision of the last transition in it. */
interface Counted {
  readonly counter: StatusCounter
  readonly revision: number
}

/** Skips transitions that are already counted: this node may lag behind the database. */
function applyTo({ counter, revision }: Counted, transitions: readonly Transition[]): void {
  for (const transition of transitions) {
    if (transition.revision > revision) counter.apply(transition)
  }
}

interface CountRow {
  readonly revision: string
  readonly status: LiveStatus | null
  readonly count: string | null
}

type LapsedRow = MomentRow & Readonly<Record<LiveStatus | 'expired', string>>

import { AGENT_STATUSES, type AgentStatus } from '@rollcall/protocol'
import type { EventBus } from '../../../domain/event-bus.ts'
import { StatusCounter, type StatusCounts } from '../../../domain/status-counts.ts'
import type { Transition } from '../../../domain/transition.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { MomentRow } from '../nodes/database-time.ts'

/** Looks at every agent, once for each node: 30 to 60 ms for 100 000. */
const COUNT_ALL = {
  name: 'count_all',
  text: `SELECT r.revision, s.status, s.count
    FROM rollcall.registry r LEFT JOIN LATERAL (
      SELECT status, count(*) AS count FROM rollcall.agents WHERE NOT expired GROUP BY status
    ) s ON true`,
  timeoutMs: SERVER_LIMITS.postgresListMs.value,
}

/** Those whose lease has lapsed, and whose expiry is still to be recorded. */
const LAPSED = {
  name: 'lapsed_by_status',
  text: `SELECT m.*, r.expired, l.* FROM rollcall.moment($1) m, rollcall.registry r, LATERAL (
      SELECT count(*) FILTER (WHERE a.status = 'ready') AS ready,
        count(*) FILTER (WHERE a.status = 'busy') AS busy,
        count(*) FILTER (WHERE a.status = 'draining') AS draining
      FROM rollcall.checks c, LATERAL (
        SELECT a.status FROM rollcall.agents a
        WHERE a.agent_id = c.agent_id AND NOT a.expired AND a.deadline <= m.lease OFFSET 0
      ) a WHERE c.check_at <= m.lease + 1000
    ) l`,
}

/**
 * Counts the agents of a registry by their status: all of them once, when first asked, and from
 * then on by the transitions that this node hears of anyway.
 */
export class PostgresStatusCounts {
  readonly #database: PostgresDatabase
  #counter: Promise<StatusCounter> | undefined
  /** Heard of while all agents are counted; undefined: they are not. */
  #meanwhile: Transition[] | undefined
  #counted: Counted | undefined

  constructor(database: PostgresDatabase, bus: EventBus) {
    this.#database = database
    bus.subscribe(
      (transitions) => this.#hear(transitions),
      // Another history: count anew.
      () => this.#forget(),
    )
  }

  async read(): Promise<StatusCounts> {
    this.#counter ??= this.#countAll().catch((error: unknown) => {
      this.#forget()
      throw error
    })
    const counter = await this.#counter
    const { row } = await this.#database.queryWithClock<LapsedRow>(LAPSED, [], { lane: 'reads' })
    const counts = { ready: 0, busy: 0, draining: 0, expired: Number(row.expired) }
    for (const status of AGENT_STATUSES) {
      const lapsed = Number(row[status])
      // The two were not counted at the same moment.
      counts[status] = Math.max(0, counter.of(status) - lapsed)
      counts.expired += lapsed
    }
    return counts
  }

  #hear(transitions: readonly Transition[]): void {
    this.#meanwhile?.push(...transitions)
    if (this.#counted) applyTo(this.#counted, transitions)
  }

  #forget(): void {
    this.#counter = this.#counted = this.#meanwhile = undefined
  }

  async #countAll(): Promise<StatusCounter> {
    const meanwhile: Transition[] = []
    this.#meanwhile = meanwhile
    const rows = await this.#database.read<CountRow>(COUNT_ALL, [], { isLong: true })
    const counter = new StatusCounter()
    for (const { status, count } of rows) if (status !== null) counter.add(status, Number(count))
    const counted = { counter, revision: Number(rows[0]?.revision) }
    applyTo(counted, meanwhile)
    // Unless the history was replaced meanwhile: this answer is of the one before.
    if (this.#meanwhile === meanwhile) {
      this.#meanwhile = undefined
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

/** This node may be behind the database, and hear later of what was counted already. */
function applyTo({ counter, revision }: Counted, transitions: readonly Transition[]): void {
  for (const transition of transitions) {
    if (transition.revision > revision) counter.apply(transition)
  }
}

interface CountRow {
  readonly revision: string
  readonly status: AgentStatus | null
  readonly count: string | null
}

type LapsedRow = MomentRow & Readonly<Record<AgentStatus | 'expired', string>>

import type { EventBus } from '../../../domain/event-bus.ts'
import { type Counted, FollowedCount } from '../../../domain/followed-count.ts'
import { LIVE_STATUSES, type LiveStatus } from '../../../domain/query/agent-filter.ts'
import { StatusCounter, type StatusCounts } from '../../../domain/status-counts.ts'
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
  readonly #all: FollowedCount<StatusCounter>

  constructor(database: PostgresDatabase, bus: EventBus) {
    this.#database = database
    this.#all = new FollowedCount(bus, () => countAll(database))
  }

  async read(): Promise<StatusCounts> {
    const counter = await this.#all.get()
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
}

async function countAll(database: PostgresDatabase): Promise<Counted<StatusCounter>> {
  const rows = await database.read<CountRow>(COUNT_ALL, [], { isLong: true })
  const counter = new StatusCounter()
  for (const { status, count } of rows) if (status !== null) counter.add(status, Number(count))
  return { counter, revision: Number(rows[0]?.revision) }
}

interface CountRow {
  readonly revision: string
  readonly status: LiveStatus | null
  readonly count: string | null
}

type LapsedRow = MomentRow & Readonly<Record<LiveStatus | 'expired', string>>

import type { ViewStatus } from '@rollcall/protocol'
import { CapabilityCounter, type CapabilityCounts } from '../../../domain/capability-counts.ts'
import type { EventBus } from '../../../domain/event-bus.ts'
import { type Counted, FollowedCount } from '../../../domain/followed-count.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { MomentRow } from '../nodes/database-time.ts'
import { liveStatusOf } from './live-status.ts'

/** Counts all agents, once per node. One statement, so that the counts and their revision are of one snapshot. */
const COUNT_ALL = {
  name: 'count_by_capability',
  text: `SELECT r.revision, c.capability, c.status, c.agents
    FROM rollcall.registry r LEFT JOIN LATERAL (
      SELECT each.capability, profiles.view_status AS status, sum(profiles.agents) AS agents
      FROM (
        SELECT a.capabilities, count(*) AS agents,
          CASE WHEN a.expired THEN 'expired' ELSE ${liveStatusOf('a')} END AS view_status
        FROM rollcall.agents a GROUP BY a.capabilities, view_status
      ) profiles, LATERAL (SELECT DISTINCT unnest(profiles.capabilities) AS capability) each
      GROUP BY each.capability, profiles.view_status
    ) c ON true`,
  timeoutMs: SERVER_LIMITS.postgresListMs.value,
}

/** Counts the agents whose lease has lapsed, and whose expiry is not recorded yet. */
const LAPSED = {
  name: 'lapsed_by_capability',
  text: `SELECT m.*, l.* FROM rollcall.moment($1) m LEFT JOIN LATERAL (
      SELECT each.capability, a.status, count(*) AS agents
      FROM rollcall.checks c, LATERAL (
        SELECT a.capabilities, ${liveStatusOf('a')} AS status
        FROM rollcall.agents a
        WHERE a.agent_id = c.agent_id AND NOT a.expired AND a.deadline <= m.lease OFFSET 0
      ) a, LATERAL (SELECT DISTINCT unnest(a.capabilities) AS capability) each
      WHERE c.check_at <= m.lease + 1000 GROUP BY each.capability, a.status
    ) l ON true`,
}

/**
 * Counts the agents of a registry by what they can do: all of them on the first call, and from then on by the
 * transitions that this node receives anyway.
 */
export class PostgresCapabilityCounts {
  readonly #database: PostgresDatabase
  readonly #all: FollowedCount<CapabilityCounter>

  constructor(database: PostgresDatabase, bus: EventBus) {
    this.#database = database
    this.#all = new FollowedCount(bus, () => countAll(database))
  }

  /** See `AgentRegistryRepository.countByCapability`. */
  async read(): Promise<CapabilityCounts> {
    const counter = await this.#all.get()
    const { rows } = await this.#database.queryWithClock<LapsedRow>(LAPSED, [], { lane: 'reads' })
    return counter.withLapsed(counterOf(rows))
  }
}

async function countAll(database: PostgresDatabase): Promise<Counted<CapabilityCounter>> {
  const rows = await database.read<CountRow>(COUNT_ALL, [], { isLong: true })
  return { counter: counterOf(rows), revision: Number(rows[0]?.revision) }
}

/** Without agents, there is one row, whose columns are null. */
function counterOf(rows: readonly GroupRow[]): CapabilityCounter {
  const counter = new CapabilityCounter()
  for (const { capability, status, agents } of rows) {
    if (capability !== null) counter.add([capability], status, Number(agents))
  }
  return counter
}

/** How many agents have a capability and a status. */
interface GroupRow {
  readonly capability: string | null
  readonly status: ViewStatus
  readonly agents: string
}

interface CountRow extends GroupRow {
  readonly revision: string
}

type LapsedRow = MomentRow & GroupRow

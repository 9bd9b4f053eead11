import type { AgentRecord } from '../../../domain/agent-record.ts'
import type { RegistryCounts } from '../../../domain/agent-registry-repository.ts'
import { toAgentRecord } from '../../../domain/lease-views.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import { type BrakeRow, toBrakeState } from '../nodes/brake-state.ts'
import type { MomentRow } from '../nodes/database-time.ts'
import { AGENT_COLUMNS, type FoundRow, toLease } from '../rows.ts'
import type { TransitionFollower } from '../transitions/transition-follower.ts'

/** Agents that one pass removes: one group. */
export const CLEANUP_LIMIT = 500
const GET = {
  name: 'get',
  text: `SELECT m.*, ${AGENT_COLUMNS}
    FROM rollcall.moment($1) m LEFT JOIN rollcall.agents a ON a.agent_id = $2`,
}
const EXPIRED = {
  name: 'expired',
  text: `SELECT e.agent_id FROM rollcall.expired e ORDER BY e.agent_id LIMIT ${CLEANUP_LIMIT}`,
}
const COUNTS = {
  name: 'counts',
  text: `SELECT m.*, r.epoch, r.branch, r.revision, r.registered, r.expired, (
      SELECT count(*) FROM rollcall.checks c, LATERAL (
        SELECT FROM rollcall.agents a
        WHERE a.agent_id = c.agent_id AND NOT a.expired AND a.deadline <= m.lease OFFSET 0
      ) a WHERE c.check_at <= m.lease + 1000
    ) AS lapsed
      , b.since AS brake_since, b.ends_at AS brake_ends_at, b.living AS brake_living,
      b.late AS brake_late
    FROM rollcall.registry r, rollcall.moment($1) m
      LEFT JOIN rollcall.brake b ON b.ends_at > m.lease`,
}

/** Finds an agent, dead or alive. */
export async function findAgent(
  database: PostgresDatabase,
  agentId: string,
): Promise<AgentRecord | undefined> {
  const { row, moment } = await database.queryWithClock<FoundRow>(GET, [agentId], { lane: 'reads' })
  return row.agent_id === null ? undefined : toAgentRecord(toLease(row), moment)
}

/** Returns the ids of some agents whose expiry is recorded. */
export async function expiredAgents(database: PostgresDatabase): Promise<string[]> {
  const rows = await database.read<{ agent_id: string }>(EXPIRED, [], { lane: 'writes' })
  return rows.map(({ agent_id: agentId }) => agentId)
}

/** See `AgentRegistryRepository.counts`. */
export async function countAgents(
  database: PostgresDatabase,
  follower: Pick<TransitionFollower, 'readCurrent'>,
): Promise<RegistryCounts> {
  const { branch: _, ...counts } = await follower.readCurrent(() => readCounts(database))
  return counts
}

async function readCounts(database: PostgresDatabase) {
  const { row, moment } = await database.queryWithClock<CountsRow>(COUNTS, [], { lane: 'reads' })
  const registered = Number(row.registered)
  const lapsed = Number(row.lapsed)
  return {
    registered,
    alive: registered - Number(row.expired) - lapsed,
    revision: Number(row.revision),
    epoch: row.epoch,
    branch: row.branch,
    lapsePending: lapsed > 0,
    brake: toBrakeState(row, moment),
  }
}

interface CountsRow extends MomentRow, BrakeRow {
  readonly epoch: string
  readonly branch: string
  readonly revision: string
  readonly registered: string
  readonly expired: string
  readonly lapsed: string
}

import { prefixOf } from '../../../domain/agent-id-pattern.ts'
import { encodeMaintenance, type MaintenanceEntries } from '../../../domain/maintenance.ts'
import type { PostgresDatabase } from '../connections/database.ts'

/** Agents looked at per page: one group of transitions. */
const PAGE = 500
/** Sorts after every character of an id. */
const AFTER_ALL = '\x7f'

const AGENTS = {
  name: 'maintained_agents',
  text: `SELECT a.agent_id, a.maintenance FROM rollcall.agents a
    WHERE a.agent_id > $1 AND a.agent_id < $2 ORDER BY a.agent_id LIMIT ${PAGE}`,
}
const AGENT = {
  name: 'maintained_agent',
  text: 'SELECT a.agent_id, a.maintenance FROM rollcall.agents a WHERE a.agent_id = $1',
}

interface AgentRow {
  readonly agent_id: string
  readonly maintenance: string | null
}

/** Some agents that do not follow the entries yet. */
export interface LaggingAgents {
  readonly agentIds: readonly string[]
  /** The id after which the next page begins; undefined: this is the last. */
  readonly after: string | undefined
}

/**
 * Returns the agents of a page that do not follow the entries.
 *
 * @param options.after where the page begins; undefined: with the first agent of the pattern
 */
export async function laggingAgents(
  database: PostgresDatabase,
  options: { pattern: string; after: string | undefined; entries: MaintenanceEntries },
): Promise<LaggingAgents> {
  const { pattern, after, entries } = options
  const prefix = prefixOf(pattern)
  const lags = ({ agent_id: agentId, maintenance }: AgentRow) =>
    maintenance !== encodeMaintenance(entries.of(agentId))
  const idsOf = (rows: readonly AgentRow[]) => rows.filter(lags).map((row) => row.agent_id)
  const lane = { lane: 'writes' } as const
  // The agent whose id is the whole prefix is one of them.
  const isFirst = after === undefined
  const single = isFirst ? await database.read<AgentRow>(AGENT, [prefix ?? pattern], lane) : []
  if (prefix === undefined) return { agentIds: idsOf(single), after: undefined }
  const range = [after ?? prefix, prefix + AFTER_ALL]
  const rows = await database.read<AgentRow>(AGENTS, range, lane)
  const isLast = rows.length < PAGE
  return {
    agentIds: idsOf([...single, ...rows]),
    after: isLast ? undefined : rows.at(-1)?.agent_id,
  }
}

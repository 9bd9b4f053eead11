import { LIMITS } from '@rollcall/protocol'
import { integer, list, object, optional, type Static, text } from '@rollcall/protocol/json-schema'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { readAgentPage } from '../../lists/agent-page.ts'
import { decodeCursor, requireSameHistory } from '../../lists/cursor.ts'
import { AGENT_CONDITIONS, filterOf, STATUS_CONDITION } from '../agent-conditions.ts'
import { AgentSummary, agentSummary } from '../agent-summary.ts'
import type { McpCall } from '../mcp-call.ts'
import type { Tool } from '../tool.ts'

const DEFAULT_LIMIT = 20

const Input = object(
  {
    ...AGENT_CONDITIONS,
    status: STATUS_CONDITION,
    limit: optional(
      integer({
        minimum: 1,
        maximum: SERVER_LIMITS.mcpAgents.value,
        default: DEFAULT_LIMIT,
        description: 'Maximum number of agents.',
      }),
    ),
    cursor: optional(
      text({
        minLength: 1,
        maxLength: LIMITS.cursorCharacters,
        description: 'The `next_cursor` of the page before, with the same conditions.',
      }),
    ),
  },
  { additionalProperties: false },
)
type Input = Static<typeof Input>

/** A page of agents, and the state of the registry to which it belongs. */
export const FoundAgents = object({
  agents: list(AgentSummary, { description: 'Sorted by `agent_id`.' }),
  revision: integer({ description: 'Grows with each visible change of any agent.' }),
  next_cursor: optional(text({ description: 'There are more agents. Absent on the last page.' })),
})
export type FoundAgents = Static<typeof FoundAgents>

/** Finds live agents. */
export const findAgents: Tool<Input, FoundAgents> = {
  name: 'find_agents',
  title: 'Find agents',
  description:
    'Lists agents that are alive now and meet all conditions: what they can do, where they are and whether they take ' +
    'work. Without conditions, it lists all of them. If you only need one for a task, call pick_agent.',
  input: Input,
  output: FoundAgents,
  run: readAgents,
}

/** Reads a page of agents. */
export async function readAgents(
  { limit = DEFAULT_LIMIT, cursor: text, ...conditions }: Input,
  { agents, history, query }: McpCall,
): Promise<FoundAgents> {
  const filter = filterOf(conditions, agents)
  const cursor = text === undefined ? undefined : decodeCursor(text, filter)
  const counts = await history.counts()
  if (cursor) requireSameHistory(cursor, counts)
  const part = { ...filter, limit, after: cursor?.position }
  const page = await query((admitted) => readAgentPage(agents, part, { history: counts, admitted }))
  return {
    agents: page.agents.map(agentSummary),
    revision: counts.revision,
    ...(page.nextCursor !== undefined && { next_cursor: page.nextCursor }),
  }
}

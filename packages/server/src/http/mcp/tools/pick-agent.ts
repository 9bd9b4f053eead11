import { object, type Static } from '@rollcall/protocol/json-schema'
import { RegistryError } from '../../../domain/registry-error.ts'
import { readAgentPage } from '../../lists/agent-page.ts'
import { AGENT_CONDITIONS, filterOf } from '../agent-conditions.ts'
import { AgentSummary, agentSummary } from '../agent-summary.ts'
import type { Tool } from '../tool.ts'

const Input = object(AGENT_CONDITIONS, { additionalProperties: false })
const Output = object({ agent: AgentSummary })

/** Picks the agent that has the least to do. */
export const pickAgent: Tool<Static<typeof Input>, Static<typeof Output>> = {
  name: 'pick_agent',
  title: 'Pick an agent',
  description:
    'Returns one agent that is alive, meets all conditions and takes work now: of those that are ready, the one with ' +
    'the lowest load. Call it right before you call the agent.',
  input: Input,
  output: Output,
  async run(conditions, { agents, history, query }) {
    const filter = filterOf({ ...conditions, status: 'ready' }, agents)
    const counts = await history.counts()
    const part = { ...filter, sort: 'load', limit: 1 } as const
    const page = await query((admitted) =>
      readAgentPage(agents, part, { history: counts, admitted }),
    )
    const [agent] = page.agents
    if (agent !== undefined) return { agent: agentSummary(agent) }
    throw new RegistryError(
      'AGENT_NOT_FOUND',
      'No agent that meets these conditions is ready: find_agents also lists those that are busy.',
    )
  },
}

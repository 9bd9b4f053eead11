import { AgentId, ERROR_CODES } from '@rollcall/protocol'
import { object, type Static, text } from '@rollcall/protocol/json-schema'
import { HttpProblem } from '../../responses/problem.ts'
import type { McpCall } from '../mcp-call.ts'
import type { Tool } from '../tool.ts'
import { AgentInput, requireAgent } from './get-agent.ts'

const Output = object({
  agent_id: AgentId,
  format: text({ description: 'What kind of card it is.', examples: ['a2a-1.0'] }),
  card: object({}, { description: 'The card as the agent has sent it.' }),
})

/** Reads the card of an agent. */
export const getAgentCard: Tool<AgentInput, Static<typeof Output>> = {
  name: 'get_agent_card',
  title: 'Read the card of an agent',
  description:
    'Returns the card of an agent: its skills, and how to call it. Only agents with `has_card` have one.',
  input: AgentInput,
  output: Output,
  async run({ agent_id: id }, { agents }) {
    const { text, format } = await requireCard(id, agents)
    return { agent_id: id, format, card: JSON.parse(text) }
  },
}

/** Returns the card of an agent that the caller sees. @throws RegistryError `AGENT_NOT_FOUND`, HttpProblem `CARD_NOT_FOUND` */
export async function requireCard(
  id: string,
  agents: McpCall['agents'],
): Promise<{ text: string; format: string }> {
  const { card } = await requireAgent(id, agents)
  const text = card === null ? undefined : await agents.card(id)
  if (card !== null && text !== undefined) return { text, format: card.format }
  const { remedy } = ERROR_CODES.CARD_NOT_FOUND
  throw new HttpProblem('CARD_NOT_FOUND', `Agent ${id} has no card. ${remedy}`)
}

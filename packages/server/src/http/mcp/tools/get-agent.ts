import { Agent, AgentId } from '@rollcall/protocol'
import { object, type Static } from '@rollcall/protocol/json-schema'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import { agentNotFound } from '../../agents/agent-routes.ts'
import { agentValue } from '../agent-summary.ts'
import type { McpCall } from '../mcp-call.ts'
import type { Tool } from '../tool.ts'

/** The input of tools that are about one agent. */
export const AgentInput = object({ agent_id: AgentId }, { additionalProperties: false })
export type AgentInput = Static<typeof AgentInput>

/** Reads one agent. */
export const getAgent: Tool<AgentInput, Agent> = {
  name: 'get_agent',
  title: 'Read an agent',
  description:
    'Returns everything that the registry knows about one agent, dead or alive: `is_alive` says which. Dead agents are ' +
    'removed after a while.',
  input: AgentInput,
  output: Agent,
  run: async ({ agent_id: id }, { agents }) => agentValue(await requireAgent(id, agents)),
}

/** Returns an agent that the caller sees. @throws RegistryError `AGENT_NOT_FOUND` */
export async function requireAgent(id: string, agents: McpCall['agents']): Promise<AgentRecord> {
  const agent = await agents.get(id)
  if (agent === undefined) throw agentNotFound(id, 'check the id, or call find_agents')
  return agent
}

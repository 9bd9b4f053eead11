import { Agent } from '@rollcall/protocol'
import { custom } from '@rollcall/protocol/json-schema'
import type { AgentRecord } from '../../domain/agent-record.ts'
import { agentJson } from '../agents/agent-json.ts'

/** The fields by which a model chooses an agent: a list of whole records would fill its context. */
const FIELDS = [
  'agent_id',
  'agent_name',
  'description',
  'url',
  'protocol',
  'version',
  'capabilities',
  'tags',
  'has_card',
  'status',
  'load',
] as const satisfies readonly (keyof Agent)[]

/** The part of an agent that lists show. */
export type AgentSummary = Pick<Agent, (typeof FIELDS)[number]>

/** Describes {@link AgentSummary}. */
export const AgentSummary = custom<AgentSummary>({
  type: 'object',
  properties: Object.fromEntries(FIELDS.map((name) => [name, Agent.properties[name]])),
  required: FIELDS.filter((name) => Agent.required.includes(name)),
  description: 'The most important fields of an agent; `get_agent` returns all.',
})

/** Returns an agent as JSON has it. */
export function agentValue(agent: AgentRecord): Agent {
  return JSON.parse(agentJson(agent))
}

/** Returns the part of an agent that lists show. */
export function agentSummary(agent: AgentRecord): AgentSummary {
  const value = agentValue(agent)
  const fields = FIELDS.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]]))
  return Object.fromEntries(fields)
}

import { LIMITS, VIEW_STATUSES } from '@rollcall/protocol'
import { custom, object, oneOf, optional, type Static } from '@rollcall/protocol/json-schema'
import type { VisibleAgents } from '../../access/visible-agents.ts'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import { AGENT_FILTER } from '../../operations/operation-parameters.ts'
import { toAgentFilter } from '../queries/agent-filter-query.ts'

const LIVE_STATUSES = VIEW_STATUSES.filter((status) => status !== 'expired')

/** The conditions that tools share, which are those of `GET /agents` for agents that are alive. */
export const AGENT_CONDITIONS = {
  capability: optional(AGENT_FILTER.capability),
  tag: optional(AGENT_FILTER.tag),
  q: optional(AGENT_FILTER.q),
  metadata: optional(
    custom<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string', maxLength: LIMITS.metadataCharacters },
      maxProperties: LIMITS.metadataConditions,
      description:
        'Values that the metadata must have, by key; nested keys are joined by dots. Numbers and booleans as texts.',
      examples: [{ region: 'eu-1', 'gpu.count': '2' }],
    }),
  ),
}

/** The condition on the status, for tools that do not choose it themselves. */
export const STATUS_CONDITION = optional(
  oneOf(LIVE_STATUSES, { description: '`ready` agents take work now. Default: any status.' }),
)

const Conditions = object({ ...AGENT_CONDITIONS, status: STATUS_CONDITION })

/** Returns the filter of some conditions: live agents that the caller sees. */
export function filterOf(
  { metadata = {}, status, ...others }: Static<typeof Conditions>,
  agents: VisibleAgents,
): AgentFilter {
  const open = Object.entries(metadata).map(([name, value]) => ({ name, value }))
  const known = { ...others, ...(status && { status: [status] }) }
  return toAgentFilter({ known, open }, agents)
}

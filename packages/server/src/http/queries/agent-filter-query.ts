import {
  type DetailFilter,
  type FilterName,
  mapDetailFilters,
  type WireDetails,
} from '@rollcall/protocol'
import type { VisibleAgents } from '../../access/visible-agents.ts'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import type { AGENT_FILTER } from '../../operations/operation-parameters.ts'
import type { ParameterValues, ParsedQuery } from './query-parameters.ts'

/** The parsed parameters of `AGENT_FILTER`. */
export type FilterParameters = ParameterValues<typeof AGENT_FILTER>

/**
 * Returns the filter of a query; open parameters are conditions on the metadata as well. The filter
 * names every field and uses every parameter: one that was left out would match the whole fleet.
 *
 * @param agents those that the caller sees: no others match
 */
export function toAgentFilter(
  { known, open }: ParsedQuery<FilterParameters>,
  agents: Pick<VisibleAgents, 'narrow'>,
): Required<AgentFilter> {
  const {
    agent_id,
    name,
    capability,
    tag,
    status,
    metadata = [],
    q,
    include_dead,
    ...details
  } = known
  details satisfies DetailParameters & Record<Exclude<keyof typeof details, FilterName>, never>
  return agents.narrow({
    agentIds: agent_id,
    name,
    capabilities: capability,
    tags: tag,
    statuses: status,
    details: toDetailFilter(details),
    metadata: [
      ...metadata.map(toCondition),
      ...open.map(({ name: path, value }) => ({ path, value })),
    ],
    text: q,
    includeDead: include_dead,
  })
}

type DetailParameters = { readonly [Name in FilterName]?: string }

/** Undefined without a condition: the checksum of a cursor covers the filter. */
function toDetailFilter(details: DetailParameters): DetailFilter | undefined {
  const given: WireDetails = details
  const filter = mapDetailFilters(({ wireName }) => given[wireName] ?? undefined)
  return Object.values(filter).every((value) => value === undefined) ? undefined : filter
}

function toCondition(condition: string): { path: string; value: string } {
  const colon = condition.indexOf(':')
  return { path: condition.slice(0, colon), value: condition.slice(colon + 1) }
}

import { mapDetailFilters, mapDetails, NO_DETAILS } from '@rollcall/protocol'
import { toMetadata } from '../../src/domain/metadata.ts'
import type { AgentFilter, FilterableState } from '../../src/domain/query/agent-filter.ts'

/**
 * The fields of a filter that are conditions on the state of an agent. `includeDead` is none: it adds agents; and an id
 * never changes.
 */
type Condition = Exclude<keyof AgentFilter, 'agentIds' | 'includeDead'>

interface Example<Field extends Condition> {
  readonly value: NonNullable<AgentFilter[Field]>
  /** How an agent differs from {@link AGENT} to meet the condition. */
  readonly match: Partial<FilterableState>
}

/** An agent that meets no condition of the examples. */
const AGENT: FilterableState = {
  agentName: 'Other',
  capabilities: [],
  details: NO_DETAILS,
  tags: [],
  card: null,
  metadata: null,
  status: 'ready',
  suspect: false,
  maintenance: null,
  alive: true,
}

const EXAMPLES: { readonly [Field in Condition]: Example<Field> } = {
  name: { value: 'Ann', match: { agentName: 'Ann' } },
  capabilities: { value: ['search'], match: { capabilities: ['search'] } },
  tags: { value: ['papers'], match: { tags: ['papers'] } },
  details: {
    value: mapDetailFilters(() => 'a2a'),
    match: { details: mapDetails(() => 'a2a') },
  },
  statuses: { value: ['busy'], match: { status: 'busy' } },
  metadata: {
    value: [{ path: 'zone', value: 'eu' }],
    match: { metadata: toMetadata({ zone: 'eu' }) },
  },
  text: { value: 'ann', match: { agentName: 'Ann' } },
}

/** A filter by each field alone, with an agent that it matches and one that it does not. */
export const FILTER_EXAMPLES = Object.entries(EXAMPLES).map(([field, { value, match }]) => ({
  field,
  filter: { [field]: value } as AgentFilter,
  match: { ...AGENT, ...match },
  other: AGENT,
}))

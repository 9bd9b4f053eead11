import type { ViewStatus } from '@rollcall/protocol'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import type { ParsedQuery } from './query-parameters.ts'

/** The parameters of `AGENT_FILTER`, as a query gives them. */
export interface FilterParameters {
  readonly name?: string
  readonly capability?: readonly string[]
  readonly status?: readonly ViewStatus[]
  readonly metadata?: readonly string[]
  readonly q?: string
  readonly include_dead?: boolean
}

/** The filter of a query; the open parameters are conditions on the metadata, too. */
export function toAgentFilter({ known, open }: ParsedQuery<FilterParameters>): AgentFilter {
  return {
    name: known.name,
    capabilities: known.capability,
    statuses: known.status,
    metadata: [
      ...(known.metadata ?? []).map(keyAndValue),
      ...open.map(({ name, value }) => ({ path: name, value })),
    ],
    text: known.q,
    includeDead: known.include_dead,
  }
}

function keyAndValue(condition: string): { path: string; value: string } {
  const colon = condition.indexOf(':')
  return { path: condition.slice(0, colon), value: condition.slice(colon + 1) }
}

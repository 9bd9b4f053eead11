import type { ViewStatus } from '@rollcall/protocol'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import type { ParsedQuery } from './query-parameters.ts'

/** The parsed parameters of `AGENT_FILTER`. */
export interface FilterParameters {
  readonly name?: string
  readonly capability?: readonly string[]
  readonly status?: readonly ViewStatus[]
  readonly metadata?: readonly string[]
  readonly q?: string
  readonly include_dead?: boolean
}

/** Returns the filter of a query; open parameters are conditions on the metadata as well. */
export function toAgentFilter({ known, open }: ParsedQuery<FilterParameters>): AgentFilter {
  return {
    name: known.name,
    capabilities: known.capability,
    statuses: known.status,
    metadata: [
      ...(known.metadata ?? []).map(toCondition),
      ...open.map(({ name, value }) => ({ path: name, value })),
    ],
    text: known.q,
    includeDead: known.include_dead,
  }
}

function toCondition(condition: string): { path: string; value: string } {
  const colon = condition.indexOf(':')
  return { path: condition.slice(0, colon), value: condition.slice(colon + 1) }
}

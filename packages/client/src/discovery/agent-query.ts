import type { AgentSort, ViewStatus } from '@rollcall/protocol'

/** Selects agents that match all given conditions. */
export interface AgentFilter {
  /** The exact name, or a prefix followed by `*`. */
  readonly name?: string | undefined
  /** A capability, or several that must all be present. */
  readonly capability?: string | readonly string[] | undefined
  /** A status, or several of which any matches. */
  readonly status?: ViewStatus | readonly ViewStatus[] | undefined
  /** Metadata values by dotted path: `{ region: 'eu-1', 'gpu.count': 2 }`. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>> | undefined
  /** Words that must occur anywhere in the id, name, capabilities or metadata. */
  readonly q?: string | undefined
  /** Whether to include agents whose lease has lapsed; default false. */
  readonly includeDead?: boolean | undefined
}

/** A filter with an order and a limit. */
export interface AgentQuery extends AgentFilter {
  /** Sort order; default `agent_id`. */
  readonly sort?: AgentSort | undefined
  /** Maximum number of agents, 1 to 1000; default: all. */
  readonly limit?: number | undefined
}

/** Builds a URL query string: empty, or starting with `?`. */
export function queryString(
  filter: AgentQuery,
  extra: Readonly<Record<string, string>> = {},
): string {
  const parameters = new URLSearchParams(extra)
  const add = (name: string, value: string | number | boolean | null | undefined): void => {
    if (value !== undefined) parameters.append(name, String(value))
  }
  add('name', filter.name)
  for (const capability of [filter.capability ?? []].flat()) add('capability', capability)
  for (const status of [filter.status ?? []].flat()) add('status', status)
  for (const [path, value] of Object.entries(filter.metadata ?? {})) add(`metadata.${path}`, value)
  add('q', filter.q)
  if (filter.includeDead) add('include_dead', true)
  add('sort', filter.sort)
  add('limit', filter.limit)
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

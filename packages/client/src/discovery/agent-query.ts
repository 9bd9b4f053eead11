import type { AgentSort, ViewStatus } from '@rollcall/protocol'

/** Which agents to find; every condition that is there must be met. */
export interface AgentFilter {
  /** The whole name, or its beginning followed by `*`. */
  readonly name?: string | undefined
  /** One, or all of several. */
  readonly capability?: string | readonly string[] | undefined
  /** One, or any of several. */
  readonly status?: ViewStatus | readonly ViewStatus[] | undefined
  /** Values in the metadata by dotted path: `{ region: 'eu-1', 'gpu.count': 2 }`. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>> | undefined
  /** Words to be found anywhere in id, name, capabilities and metadata. */
  readonly q?: string | undefined
  /** Also those whose lease has lapsed; default false. */
  readonly includeDead?: boolean | undefined
}

/** A list, or a part of it. */
export interface AgentQuery extends AgentFilter {
  /** Default `agent_id`. */
  readonly sort?: AgentSort | undefined
  /** At most so many, 1 to 1000; default: all. */
  readonly limit?: number | undefined
}

/** The query of an address: empty, or beginning with `?`. */
export function queryString(
  filter: AgentQuery,
  more: Readonly<Record<string, string>> = {},
): string {
  const parameters = new URLSearchParams(more)
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

import {
  type AgentSort,
  type DetailFilter,
  mapDetailFilters,
  type ViewStatus,
} from '@rollcall/protocol'

/** Selects agents that match all given conditions. */
export interface AgentFilter extends DetailFilter {
  /** An agent id, the beginning of ids followed by `*`, or several of which any matches. */
  readonly agentId?: string | readonly string[] | undefined
  /** The exact name, or a prefix followed by `*`. */
  readonly name?: string | undefined
  /** A capability, or several that must all be present. */
  readonly capability?: string | readonly string[] | undefined
  /** A tag, or several that must all be present. */
  readonly tag?: string | readonly string[] | undefined
  /** A status, or several of which any matches. */
  readonly status?: ViewStatus | readonly ViewStatus[] | undefined
  /** Metadata values by dotted path: `{ region: 'eu-1', 'gpu.count': 2 }`. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>> | undefined
  /** Words that must occur anywhere in the id, name, capabilities, tags, details, skills or metadata. */
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

type Parameter = readonly [name: string, value: unknown]

/** Builds a URL query string: empty, or starting with `?`. */
export function queryString(
  filter: AgentQuery,
  extra: Readonly<Record<string, string>> = {},
): string {
  const parameters = new URLSearchParams(extra)
  for (const [name, value] of Object.values(parametersOf(filter)).flat()) {
    if (value !== undefined) parameters.append(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** Returns the parameters of every field, in the order in which they are sent. */
function parametersOf(query: AgentQuery): {
  readonly [Field in keyof AgentQuery]-?: readonly Parameter[]
} {
  const { agentId, name, capability, tag, status, metadata, q, includeDead, ...rest } = query
  const { sort, limit, ...details } = rest
  return {
    agentId: [agentId ?? []].flat().map((pattern) => ['agent_id', pattern]),
    name: [['name', name]],
    capability: [capability ?? []].flat().map((word) => ['capability', word]),
    tag: [tag ?? []].flat().map((word) => ['tag', word]),
    status: [status ?? []].flat().map((each) => ['status', each]),
    ...mapDetailFilters<readonly Parameter[]>(({ name, wireName }) => [
      [wireName, Reflect.get(details, name)],
    ]),
    metadata: Object.entries(metadata ?? {}).map(([path, value]) => [`metadata.${path}`, value]),
    q: [['q', q]],
    includeDead: includeDead ? [['include_dead', true]] : [],
    sort: [['sort', sort]],
    limit: [['limit', limit]],
  }
}

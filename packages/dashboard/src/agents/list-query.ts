import type { AgentFilter, AgentQuery } from '@rollcall/client'
import { AGENT_SORTS, type AgentSort, VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'

/** What the list of agents shows, as its part of the URL says. */
export interface ListQuery {
  readonly q: string
  readonly statuses: readonly ViewStatus[]
  readonly capabilities: readonly string[]
  readonly tags: readonly string[]
  readonly protocol: string
  /** The beginning of ids. */
  readonly prefix: string
  readonly includeDead: boolean
  readonly sort: AgentSort
}

/** Reads the query from the URL; what the registry would refuse is left out. */
export function parseListQuery(params: URLSearchParams): ListQuery {
  const sort = params.get('sort')
  return {
    q: params.get('q') ?? '',
    statuses: VIEW_STATUSES.filter((status) => params.getAll('status').includes(status)),
    capabilities: params.getAll('capability'),
    tags: params.getAll('tag'),
    protocol: params.get('protocol') ?? '',
    prefix: params.get('prefix') ?? '',
    includeDead: params.get('dead') === 'true',
    sort: AGENT_SORTS.find((known) => known === sort) ?? 'agent_id',
  }
}

/** Writes the query for the URL; defaults are left out. */
export function listParams(query: ListQuery): URLSearchParams {
  const { q, statuses, capabilities, tags, protocol, prefix, includeDead, sort } = query
  return new URLSearchParams([
    ...(q === '' ? [] : [['q', q]]),
    ...statuses.map((status) => ['status', status]),
    ...capabilities.map((capability) => ['capability', capability]),
    ...tags.map((tag) => ['tag', tag]),
    ...(protocol === '' ? [] : [['protocol', protocol]]),
    ...(prefix === '' ? [] : [['prefix', prefix]]),
    ...(includeDead ? [['dead', 'true']] : []),
    ...(sort === 'agent_id' ? [] : [['sort', sort]]),
  ])
}

/** Whether heartbeats reorder a list, without an event that says so. */
export function isMovedByHeartbeats(sort: AgentSort): boolean {
  return sort !== 'agent_id' && !sort.endsWith('registered_at')
}

/** Whether a list is in the order of deadlines. */
export function isByDeadline(sort: AgentSort): boolean {
  return sort.endsWith('expires_at')
}

/** Whether anything but the order is asked for. */
export function isFiltered(query: ListQuery): boolean {
  return query.statuses.length > 0 || isSearch(query)
}

/** Whether anything but statuses and the order is asked for. */
export function isSearch({ q, capabilities, tags, protocol, prefix }: ListQuery): boolean {
  return [q, protocol, prefix, ...capabilities, ...tags].some((text) => text !== '')
}

/** Returns the filter for lists and the change feed. */
export function toFilter(query: ListQuery): AgentFilter {
  const { q, statuses, capabilities, tags, protocol, prefix, includeDead } = query
  return {
    ...(q.trim() !== '' && { q: q.trim() }),
    ...(statuses.length > 0 && { status: statuses }),
    ...(capabilities.length > 0 && { capability: capabilities }),
    ...(tags.length > 0 && { tag: tags }),
    ...(protocol !== '' && { protocol }),
    ...(prefix !== '' && { agentId: prefix.endsWith('*') ? prefix : `${prefix}*` }),
    ...(includeDead && { includeDead }),
  }
}

export function toAgentQuery(query: ListQuery): AgentQuery {
  return { ...toFilter(query), sort: query.sort }
}

import type { AgentFilter, AgentQuery } from '@rollcall/client'
import { AGENT_SORTS, type AgentSort, VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'

/** What the list of agents shows, as its part of the URL says. */
export interface ListQuery {
  readonly q: string
  readonly statuses: readonly ViewStatus[]
  readonly capabilities: readonly string[]
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
    protocol: params.get('protocol') ?? '',
    prefix: params.get('prefix') ?? '',
    includeDead: params.get('dead') === 'true',
    sort: AGENT_SORTS.find((known) => known === sort) ?? 'agent_id',
  }
}

/** Writes the query for the URL; defaults are left out. */
export function listParams(query: ListQuery): URLSearchParams {
  const { q, statuses, capabilities, protocol, prefix, includeDead, sort } = query
  return new URLSearchParams([
    ...(q === '' ? [] : [['q', q]]),
    ...statuses.map((status) => ['status', status]),
    ...capabilities.map((capability) => ['capability', capability]),
    ...(protocol === '' ? [] : [['protocol', protocol]]),
    ...(prefix === '' ? [] : [['prefix', prefix]]),
    ...(includeDead ? [['dead', 'true']] : []),
    ...(sort === 'agent_id' ? [] : [['sort', sort]]),
  ])
}

/** Whether anything but the order is asked for. */
export function isFiltered({ q, statuses, capabilities, protocol, prefix }: ListQuery): boolean {
  return [q, protocol, prefix, ...statuses, ...capabilities].some((text) => text !== '')
}

/** Returns the filter for lists and the change feed. */
export function toFilter(query: ListQuery): AgentFilter {
  const { q, statuses, capabilities, protocol, prefix, includeDead } = query
  return {
    ...(q.trim() !== '' && { q: q.trim() }),
    ...(statuses.length > 0 && { status: statuses }),
    ...(capabilities.length > 0 && { capability: capabilities }),
    ...(protocol !== '' && { protocol }),
    ...(prefix !== '' && { agentId: prefix.endsWith('*') ? prefix : `${prefix}*` }),
    ...(includeDead && { includeDead }),
  }
}

export function toAgentQuery(query: ListQuery): AgentQuery {
  return { ...toFilter(query), sort: query.sort }
}

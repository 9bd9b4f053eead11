import type {
  CleanupReceipt,
  Health,
  HeartbeatBatchReceipt,
  HeartbeatReceipt,
  RegisteredAgent,
  Registration,
  Agent as WireAgent,
  AgentEvent as WireEvent,
} from '@rollcall/protocol'
import type { Answer, CallOptions, RegistryConnection } from './connection.ts'
import { type AgentQuery, queryString } from './discovery/agent-query.ts'
import { isApiError } from './errors/api-error.ts'
import { type Agent, type AgentEvent, toAgent, toAgentEvent } from './wire.ts'

/** What an agent may say with a heartbeat. */
export interface HeartbeatReport {
  /** Whether it takes work; default: as before. */
  readonly status?: 'ready' | 'busy' | 'draining' | undefined
  /** 0 (idle) to 1 (full). */
  readonly load?: number | undefined
}

const MOST_PER_PAGE = 1000

/** The calls of the registry, one method for each. Every one throws as `RegistryConnection.call`. */
export class RegistryApi {
  readonly #connection: RegistryConnection

  constructor(connection: RegistryConnection) {
    this.#connection = connection
  }

  async register(registration: Registration, options?: CallOptions): Promise<RegisteredAgent> {
    const path = '/agents/register'
    return (await this.#post<RegisteredAgent>(path, registration, options)).body
  }

  async heartbeat(
    agentId: string,
    report: HeartbeatReport = {},
    options?: CallOptions,
  ): Promise<HeartbeatReceipt> {
    const { status, load } = report
    const told = { ...(status && { status }), ...(load !== undefined && { load }) }
    const body = Object.keys(told).length > 0 ? told : undefined
    return (await this.#post<HeartbeatReceipt>(`${pathOf(agentId)}/heartbeat`, body, options)).body
  }

  async heartbeats(
    heartbeats: readonly ({ readonly agent_id: string } & HeartbeatReport)[],
    options?: CallOptions,
  ): Promise<HeartbeatBatchReceipt> {
    const path = '/agents/heartbeats'
    return (await this.#post<HeartbeatBatchReceipt>(path, { heartbeats }, options)).body
  }

  /** False: there was no such agent. */
  async deregister(agentId: string, options?: CallOptions): Promise<boolean> {
    try {
      await this.#connection.call({ ...options, method: 'DELETE', path: pathOf(agentId) })
      return true
    } catch (error) {
      if (isApiError(error, 'AGENT_NOT_FOUND')) return false
      throw error
    }
  }

  /** Undefined: there is no such agent. */
  async get(agentId: string, options?: CallOptions): Promise<Agent | undefined> {
    try {
      return toAgent((await this.#get<WireAgent>(pathOf(agentId), options)).body)
    } catch (error) {
      if (isApiError(error, 'AGENT_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** One answer with all that match, or with the first `limit` of them. */
  async list(query: AgentQuery = {}, options?: CallOptions): Promise<Agent[]> {
    const { body } = await this.#get<WireAgent[]>(`/agents${queryString(query)}`, options)
    return body.map(toAgent)
  }

  /** All that match, a page at a time; `limit` is the size of a page, default 1000. */
  async *pages(query: AgentQuery = {}, options?: CallOptions): AsyncGenerator<Agent[], void> {
    let path: string | undefined = `/agents${queryString({ limit: MOST_PER_PAGE, ...query })}`
    while (path !== undefined) {
      const { body, headers }: Answer<WireAgent[]> = await this.#get(path, options)
      yield body.map(toAgent)
      // The same list with another query, whatever a proxy has made of its path.
      const query: string | undefined = /<[^>?]*(\?[^>]+)>; *rel="next"/.exec(
        headers.get('link') ?? '',
      )?.[1]
      path = query && `/agents${query}`
    }
  }

  /** What happened to one agent, oldest first; undefined when nothing is known of it. */
  async history(
    agentId: string,
    query: { readonly limit?: number | undefined } = {},
    options?: CallOptions,
  ): Promise<AgentEvent[] | undefined> {
    const limit = query.limit === undefined ? '' : `?limit=${query.limit}`
    try {
      const path = `${pathOf(agentId)}/events${limit}`
      return (await this.#get<WireEvent[]>(path, options)).body.map(toAgentEvent)
    } catch (error) {
      if (isApiError(error, 'AGENT_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** Removes the agents whose lease has lapsed, now. Returns how many. */
  async cleanUp(options?: CallOptions): Promise<number> {
    const path = '/agents/cleanup'
    return (await this.#post<CleanupReceipt>(path, undefined, options)).body.removed
  }

  async health(options?: CallOptions): Promise<Health> {
    return (await this.#get<Health>('/health', options)).body
  }

  #get<T>(path: string, options?: CallOptions) {
    return this.#connection.call<T>({ ...options, method: 'GET', path })
  }

  #post<T>(path: string, body: object | undefined, options?: CallOptions) {
    return this.#connection.call<T>({ ...options, method: 'POST', path, body })
  }
}

/** @throws TypeError for what no address can hold: it would lead elsewhere */
function pathOf(agentId: string): string {
  if (/^\.{0,2}$/.test(agentId)) throw new TypeError(`"${agentId}" is no agent id`)
  return `/agents/${encodeURIComponent(agentId)}`
}

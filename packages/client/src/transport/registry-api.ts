import type { Health, HeartbeatReceipt, RegisteredAgent, Registration } from '@rollcall/protocol'
import { type AgentQuery, queryString } from '../discovery/agent-query.ts'
import { isApiError } from '../errors/api-error.ts'
import type { Answer, CallOptions } from './call.ts'
import type { RegistryConnection } from './connection.ts'
import type { HeartbeatReport } from './heartbeat-report.ts'
import { unexpectedResponse } from './responses.ts'
import { type Agent, type AgentEvent, objectIn, toAgent, toAgentEvent } from './wire.ts'

const MOST_PER_PAGE = 1000

/** The calls of the registry, one method for each. Every one throws as `RegistryConnection.call`. */
export class RegistryApi {
  readonly #connection: RegistryConnection

  constructor(connection: RegistryConnection) {
    this.#connection = connection
  }

  /** The answer is that of the registry, which need not be one of ours. */
  async register(registration: Registration, options?: CallOptions): Promise<RegisteredAgent> {
    const { body } = await this.#post('/agents/register', registration, options)
    return objectIn(body) as unknown as RegisteredAgent
  }

  /** The answer is that of the registry, which need not be one of ours. */
  async heartbeat(
    agentId: string,
    report: HeartbeatReport = {},
    options?: CallOptions,
  ): Promise<HeartbeatReceipt> {
    const { status, load } = report
    const given = { ...(status && { status }), ...(load !== undefined && { load }) }
    const body = Object.keys(given).length > 0 ? given : undefined
    const answer = await this.#post(`${pathOf(agentId)}/heartbeat`, body, options)
    return objectIn(answer.body) as unknown as HeartbeatReceipt
  }

  /** Returns those that the registry does not know. */
  async heartbeats(
    heartbeats: readonly ({ readonly agent_id: string } & HeartbeatReport)[],
    options?: CallOptions,
  ): Promise<readonly string[]> {
    const { body } = await this.#post('/agents/heartbeats', { heartbeats }, options)
    const { unknown } = objectIn(body)
    return Array.isArray(unknown) ? unknown.filter((id) => typeof id === 'string') : []
  }

  /** False: there was no such agent. */
  async deregister(
    agentId: string,
    options?: CallOptions & { readonly outlivesClient?: boolean },
  ): Promise<boolean> {
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
      return toAgent((await this.#get(pathOf(agentId), options)).body)
    } catch (error) {
      if (isApiError(error, 'AGENT_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** One answer with all that match, or with the first `limit` of them. */
  async list(query: AgentQuery = {}, options?: CallOptions): Promise<Agent[]> {
    const { body } = await this.#get(`/agents${queryString(query)}`, options)
    return listIn(body).map(toAgent)
  }

  /** All that match, a page at a time; `limit` is the size of a page, default 1000. */
  async *pages(query: AgentQuery = {}, options?: CallOptions): AsyncGenerator<Agent[], void> {
    const read = new Set<string>()
    let next: string | undefined = queryString({ limit: MOST_PER_PAGE, ...query })
    while (next !== undefined) {
      // A cache on the way that answers with the same page would have us read it for ever.
      if (read.has(next)) throw unexpectedResponse('a page that was read already')
      read.add(next)
      const { body, headers }: Answer<unknown> = await this.#get(`/agents${next}`, options)
      yield listIn(body).map(toAgent)
      // The same list with another query, whatever a proxy has made of its path.
      next = /<[^>?]*(\?[^>]+)>; *rel="next"/.exec(headers.get('link') ?? '')?.[1]
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
      return listIn((await this.#get(path, options)).body).map(toAgentEvent)
    } catch (error) {
      if (isApiError(error, 'AGENT_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** Removes the agents whose lease has lapsed, now. Returns how many. */
  async cleanUp(options?: CallOptions): Promise<number> {
    const path = '/agents/cleanup'
    const { removed } = objectIn((await this.#post(path, undefined, options)).body)
    return typeof removed === 'number' ? removed : 0
  }

  async health(options?: CallOptions): Promise<Health> {
    return objectIn((await this.#get('/health', options)).body) as unknown as Health
  }

  #get(path: string, options?: CallOptions) {
    return this.#connection.call<unknown>({ ...options, method: 'GET', path })
  }

  #post(path: string, body: object | undefined, options?: CallOptions) {
    return this.#connection.call<unknown>({ ...options, method: 'POST', path, body })
  }
}

function listIn(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) throw unexpectedResponse('no list')
  return body
}

/** @throws TypeError for what no address can hold: it would lead elsewhere */
function pathOf(agentId: string): string {
  if (/^\.{0,2}$/.test(agentId)) throw new TypeError(`"${agentId}" is no agent id`)
  return `/agents/${encodeURIComponent(agentId)}`
}

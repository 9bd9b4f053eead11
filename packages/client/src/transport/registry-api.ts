import type {
  CapabilityList,
  Health,
  HeartbeatReceipt,
  RegisteredAgent,
  Registration,
  Whoami,
} from '@rollcall/protocol'
import { type AgentQuery, queryString } from '../discovery/agent-query.ts'
import { isApiError } from '../errors/api-error.ts'
import { agentPath, conditionHeaders } from './agent-requests.ts'
import type { CallOptions, CallResult, ChangeOptions } from './call.ts'
import { CardApi } from './card-api.ts'
import type { RegistryConnection } from './connection.ts'
import type { HeartbeatReport } from './heartbeat-report.ts'
import { parseIntervalFactor } from './interval-factor.ts'
import { unexpectedResponse } from './responses.ts'
import {
  type Agent,
  type AgentEvent,
  type MaintenanceDecision,
  type MaintenanceEntry,
  requireArray,
  requireObject,
  toAgent,
  toAgentEvent,
  toMaintenanceEntry,
} from './wire.ts'

const DEFAULT_PAGE_SIZE = 1000

/** The agents of a batch whose leases were not renewed. */
export interface HeartbeatsNotAccepted {
  /** How many times as far apart as usual heartbeats are to be sent: more than 1 if the registry is overloaded. */
  readonly intervalFactor: number
  /** Ids of agents that have to register. */
  readonly unknown: readonly string[]
  /** Ids of agents that another instance has registered. */
  readonly superseded: readonly string[]
  /** Ids of agents that the token may not change. */
  readonly forbidden: readonly string[]
}

/**
 * The calls of the registry's HTTP interface, one method per route, for any agent. Use it for tools
 * that manage agents, through `DiscoveryClient.api`; an agent uses `AgentRegistryClient`.
 *
 * Every method takes `CallOptions` (`signal`, and `timeoutMs` in milliseconds, by default that of
 * the client). No method retries. Every method throws:
 *
 * - `ApiError` if the registry responds with an error status
 * - `NetworkError` if the registry is unreachable or its response is not that of a registry
 * - `TimeoutError` if it does not respond in time
 * - the abort reason of a signal
 * - `TypeError` for an agent id that cannot be part of a URL
 */
export class RegistryApi {
  /** The cards of agents. */
  readonly cards: CardApi
  readonly #connection: RegistryConnection

  /** @internal Use `DiscoveryClient.api`. */
  constructor(connection: RegistryConnection) {
    this.#connection = connection
    this.cards = new CardApi(connection)
  }

  /**
   * Registers an agent, or replaces its registration.
   *
   * @param registration in the names of the wire, such as `agent_id`; `ttl_seconds` in seconds
   * @returns the agent as the registry sent it, in the names of the wire. It is not validated: a
   *   registry other than Rollcall may omit fields
   * @throws ApiError `VALIDATION_FAILED` with the invalid fields in `errors`
   */
  async register(registration: Registration, options?: CallOptions): Promise<RegisteredAgent> {
    const { body } = await this.#post('/agents/register', registration, options)
    return requireObject(body) as unknown as RegisteredAgent
  }

  /**
   * Renews the lease of an agent.
   *
   * @param report the new `status` and `load` (0 to 1); values that are not given stay as they are
   * @returns the lease in the names of the wire, such as `ttl_seconds`. It is not validated: a
   *   registry other than Rollcall may omit fields
   * @throws ApiError `AGENT_NOT_FOUND` if the agent is unknown and has to register
   */
  async heartbeat(
    agentId: string,
    report: HeartbeatReport = {},
    options: ChangeOptions = {},
  ): Promise<HeartbeatReceipt> {
    const { status, load } = report
    const given = { ...(status && { status }), ...(load !== undefined && { load }) }
    const body = Object.keys(given).length > 0 ? given : undefined
    const path = `${agentPath(agentId)}/heartbeat`
    const headers = conditionHeaders(options)
    const response = await this.#connection.call({
      ...options,
      method: 'POST',
      path,
      body,
      headers,
    })
    return requireObject(response.body) as unknown as HeartbeatReceipt
  }

  /**
   * Renews the leases of several agents in one request.
   *
   * @param heartbeats at most 10 000, each with `agent_id` and optionally `status`, `load` and
   *   `instance_id`
   * @param options.instanceId of all agents that have none of their own; default: not examined
   */
  async heartbeats(
    heartbeats: readonly ({
      readonly agent_id: string
      readonly instance_id?: string | undefined
    } & HeartbeatReport)[],
    options?: CallOptions & Pick<ChangeOptions, 'instanceId'>,
  ): Promise<HeartbeatsNotAccepted> {
    const batch = { heartbeats, instance_id: options?.instanceId }
    const { body } = await this.#post('/agents/heartbeats', batch, options)
    const receipt = requireObject(body)
    const { unknown, superseded, forbidden } = receipt
    return {
      intervalFactor: parseIntervalFactor(receipt.heartbeat_interval_factor),
      unknown: idsIn(unknown),
      superseded: idsIn(superseded),
      forbidden: idsIn(forbidden),
    }
  }

  /**
   * Deregisters an agent. Returns false if it is unknown.
   *
   * @param options.outlivesClient send the request even if the signal of the client is aborted;
   *   default false
   */
  async deregister(
    agentId: string,
    options: ChangeOptions & { readonly outlivesClient?: boolean } = {},
  ): Promise<boolean> {
    try {
      const headers = conditionHeaders(options)
      const path = agentPath(agentId)
      await this.#connection.call({ ...options, method: 'DELETE', path, headers })
      return true
    } catch (error) {
      if (isApiError(error, 'AGENT_NOT_FOUND')) return false
      throw error
    }
  }

  /**
   * Puts an agent into maintenance, or all whose ids begin the same: shown as `draining`, whatever they report.
   * Setting it again replaces the reason.
   *
   * @param pattern an agent id, or the beginning of ids followed by `*`
   */
  async setMaintenance(
    pattern: string,
    decision: MaintenanceDecision,
    options?: CallOptions,
  ): Promise<MaintenanceEntry> {
    const path = `${agentPath(pattern)}/maintenance`
    const { reason, by } = decision
    const body = { reason, ...(by !== undefined && { by }) }
    const sent = await this.#connection.call<unknown>({ ...options, method: 'PUT', path, body })
    return toMaintenanceEntry(sent.body)
  }

  /**
   * Ends the maintenance that was set for exactly this pattern.
   *
   * @returns whether there was such an entry, and the entry that applies from now on; null: none
   */
  async endMaintenance(
    pattern: string,
    options?: CallOptions,
  ): Promise<{ readonly ended: boolean; readonly remaining: MaintenanceEntry | null }> {
    const path = `${agentPath(pattern)}/maintenance`
    const sent = await this.#connection.call<unknown>({ ...options, method: 'DELETE', path })
    const { ended, remaining } = requireObject(sent.body)
    return { ended: ended === true, remaining: remaining ? toMaintenanceEntry(remaining) : null }
  }

  /** Returns everything that operators have put into maintenance, sorted by pattern. */
  async maintenance(options?: CallOptions): Promise<MaintenanceEntry[]> {
    return requireArray((await this.#get('/maintenance', options)).body).map(toMaintenanceEntry)
  }

  /** Returns an agent, dead or alive; undefined if it is unknown. */
  async get(agentId: string, options?: CallOptions): Promise<Agent | undefined> {
    try {
      return toAgent((await this.#get(agentPath(agentId), options)).body)
    } catch (error) {
      if (isApiError(error, 'AGENT_NOT_FOUND')) return undefined
      throw error
    }
  }

  /**
   * Returns all matching agents in one response.
   *
   * @param query default: all agents that are alive, ordered by id; `limit` is the maximum number
   */
  async list(query: AgentQuery = {}, options?: CallOptions): Promise<Agent[]> {
    const { body } = await this.#get(`/agents${queryString(query)}`, options)
    return requireArray(body).map(toAgent)
  }

  /**
   * Yields all matching agents page by page.
   *
   * @param query as for {@link list}; `limit` is the page size, 1 to 1000, default 1000
   */
  async *pages(query: AgentQuery = {}, options?: CallOptions): AsyncGenerator<Agent[], void> {
    const visited = new Set<string>()
    let next: string | undefined = queryString({ limit: DEFAULT_PAGE_SIZE, ...query })
    while (next !== undefined) {
      // A cache that returns the same page again would otherwise cause an endless loop.
      if (visited.has(next)) throw unexpectedResponse('a page that was already read')
      visited.add(next)
      const { body, headers }: CallResult<unknown> = await this.#get(`/agents${next}`, options)
      yield requireArray(body).map(toAgent)
      // Only the query of the link is used: a proxy may have changed the path.
      next = /<[^>?]*(\?[^>]+)>; *rel="next"/.exec(headers.get('link') ?? '')?.[1]
    }
  }

  /**
   * Returns the transitions of an agent, oldest first; undefined if the agent is unknown.
   *
   * @param query.limit only the newest, 1 to 1000; default: as the registry decides
   */
  async history(
    agentId: string,
    query: { readonly limit?: number | undefined } = {},
    options?: CallOptions,
  ): Promise<AgentEvent[] | undefined> {
    try {
      const path = `${agentPath(agentId)}/events${queryString(query)}`
      return requireArray((await this.#get(path, options)).body).map(toAgentEvent)
    } catch (error) {
      if (isApiError(error, 'AGENT_NOT_FOUND')) return undefined
      throw error
    }
  }

  /**
   * Returns what live agents can do and how many can, most first. Names and numbers are not validated.
   *
   * @param query `q`: a part of the name; `limit`: 1 to 1000, default 100; `includeDead`: counts expired agents, too
   */
  async capabilities(
    query: Pick<AgentQuery, 'q' | 'limit' | 'includeDead'> = {},
    options?: CallOptions,
  ): Promise<CapabilityList> {
    const found = await this.#get(`/capabilities${queryString(query)}`, options)
    const body = requireObject(found.body)
    const capabilities = requireArray(body.capabilities).map(requireObject) as unknown
    return { ...body, capabilities } as CapabilityList
  }

  /** Removes expired agents immediately instead of at the next cleanup. Returns how many. */
  async cleanUp(options?: CallOptions): Promise<number> {
    const path = '/agents/cleanup'
    const { removed } = requireObject((await this.#post(path, undefined, options)).body)
    return typeof removed === 'number' ? removed : 0
  }

  /** Returns the health of the registry, in the names of the wire. It is not validated. */
  async health(options?: CallOptions): Promise<Health> {
    return requireObject((await this.#get('/health', options)).body) as unknown as Health
  }

  /** Returns who calls, and what that caller may do. A registry that does not know this call: ApiError, status 404. */
  async whoami(options?: CallOptions): Promise<Whoami> {
    return requireObject((await this.#get('/whoami', options)).body) as unknown as Whoami
  }

  /** Returns the metrics of the registry, in the text format of Prometheus. */
  async metrics(options?: CallOptions): Promise<string> {
    return (await this.#connection.text({ ...options, method: 'GET', path: '/metrics' })).body
  }

  #get(path: string, options?: CallOptions) {
    return this.#connection.call<unknown>({ ...options, method: 'GET', path })
  }

  #post(path: string, body: object | undefined, options?: CallOptions) {
    return this.#connection.call<unknown>({ ...options, method: 'POST', path, body })
  }
}

function idsIn(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((id) => typeof id === 'string') : []
}

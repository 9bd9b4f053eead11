import type { Health } from '@rollcall/protocol'
import { type ClientLogger, resolveLogger } from './client-logger.ts'
import { type ClientClock, systemClock } from './clock.ts'
import type { AgentFilter, AgentQuery } from './discovery/agent-query.ts'
import { LiveView } from './discovery/live-view.ts'
import { type LoadReport, type WatchEvent, watch } from './discovery/watch.ts'
import { type ConnectionOptions, resolveRegistryUrl } from './options/client-options.ts'
import { requireValidOptions } from './options/option-rules.ts'
import type { CallOptions } from './transport/call.ts'
import { DEFAULT_TIMEOUT_MS, RegistryConnection } from './transport/connection.ts'
import { RegistryApi } from './transport/registry-api.ts'
import type { Agent, AgentEvent } from './transport/wire.ts'

/** What a discovery client takes. */
export interface DiscoveryOptions extends ConnectionOptions {
  /** Ends all calls and streams. */
  readonly signal?: AbortSignal | undefined
}

/** How to follow what changes. */
export interface WatchOptions extends CallOptions {
  /**
   * Also report how busy agents are, with events of type `loads`: at most once a second for each
   * agent, when its load has moved by 0.05 or more. Default false. A registry that is too old for
   * it reports none.
   */
  readonly loads?: boolean | undefined
}

/** How a view keeps current. */
export interface LiveViewOptions {
  /**
   * Follow how busy agents are, as `pick('leastLoaded')` needs it. Default true; false spares the
   * traffic where nothing is picked by load, and `load` is then that of the last change.
   */
  readonly loads?: boolean | undefined
}

/**
 * Finds agents and follows what becomes of them, without being one.
 *
 * ```ts
 * const registry = new DiscoveryClient()
 * const ready = registry.liveView({ capability: 'search', status: 'ready' })
 * await ready.ready
 * const agent = ready.pick()
 * ```
 */
export class DiscoveryClient {
  /** As it was given, without a slash at its end; several with commas between them. */
  readonly registryUrl: string
  protected readonly api: RegistryApi
  protected readonly clock: ClientClock
  protected readonly logger: ClientLogger
  protected readonly timeoutMs: number
  readonly #connection: RegistryConnection
  readonly #signal: AbortSignal | undefined

  /**
   * Connects with the first call.
   *
   * @throws TypeError when `registryUrl` is no http(s) URL, or an option is of the wrong type
   */
  constructor(options: DiscoveryOptions = {}) {
    requireValidOptions(options)
    this.registryUrl = resolveRegistryUrl(options.registryUrl)
    this.#connection = new RegistryConnection({ ...options, registryUrl: this.registryUrl })
    this.api = new RegistryApi(this.#connection)
    this.clock = options.clock ?? systemClock
    this.logger = resolveLogger(options.logger)
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    this.#signal = options.signal
  }

  /** One answer with all agents that match, or with the first `limit` of them. */
  list(query?: AgentQuery, options?: CallOptions): Promise<Agent[]> {
    return this.api.list(query, options)
  }

  /** All agents that match, a page at a time; `limit` is the size of a page, default 1000. */
  pages(query?: AgentQuery, options?: CallOptions): AsyncGenerator<Agent[], void> {
    return this.api.pages(query, options)
  }

  /** One agent, dead or alive; undefined when there is none. */
  get(agentId: string, options?: CallOptions): Promise<Agent | undefined> {
    return this.api.get(agentId, options)
  }

  /** What happened to one agent, oldest first; undefined when nothing is known of it. */
  history(
    agentId: string,
    query?: { readonly limit?: number | undefined },
    options?: CallOptions,
  ): Promise<AgentEvent[] | undefined> {
    return this.api.history(agentId, query, options)
  }

  /** Removes the agents whose lease has lapsed now, not in a minute. Returns how many. */
  cleanUp(options?: CallOptions): Promise<number> {
    return this.api.cleanUp(options)
  }

  /** How the registry is, and how many agents there are. */
  health(options?: CallOptions): Promise<Health> {
    return this.api.health(options)
  }

  /**
   * Follows what changes, for as long as one goes on reading. Connects again by itself.
   *
   * @throws ApiError when the registry refuses the filter
   */
  watch(
    filter?: AgentFilter,
    options?: WatchOptions & { readonly loads?: false | undefined },
  ): AsyncGenerator<WatchEvent, void>
  watch(filter: AgentFilter, options: WatchOptions): AsyncGenerator<WatchEvent | LoadReport, void>
  watch(
    filter: AgentFilter = {},
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent | LoadReport, void> {
    return watch({
      timeoutMs: options.timeoutMs,
      signals: [options.signal, this.#signal],
      connection: this.#connection,
      clock: this.clock,
      filter,
      loads: options.loads,
    })
  }

  /** A local copy of the list that is kept current, until it is closed. */
  liveView(filter: AgentFilter = {}, { loads = true }: LiveViewOptions = {}): LiveView {
    return new LiveView({
      clock: this.clock,
      logger: this.logger,
      follow: (signal) => this.watch(filter, { signal, loads }),
    })
  }
}

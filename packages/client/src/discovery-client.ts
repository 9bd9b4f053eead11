import type { Health } from '@rollcall/protocol'
import { type ClientLogger, resolveLogger } from './client-logger.ts'
import { type ClientClock, systemClock } from './clock.ts'
import type { AgentFilter, AgentQuery } from './discovery/agent-query.ts'
import { LiveView } from './discovery/live-view.ts'
import { type LoadReport, type WatchEvent, watch } from './discovery/watch.ts'
import type { ConnectionOptions } from './options/client-options.ts'
import { openConnection } from './options/open-connection.ts'
import type { CallOptions } from './transport/call.ts'
import { DEFAULT_TIMEOUT_MS, type RegistryConnection } from './transport/connection.ts'
import { RegistryApi } from './transport/registry-api.ts'
import type { Agent, AgentEvent } from './transport/wire.ts'

/** Options of a discovery client. */
export interface DiscoveryOptions extends ConnectionOptions {
  /** Aborts all calls and streams. */
  readonly signal?: AbortSignal | undefined
}

/** Options of a watch. */
export interface WatchOptions extends CallOptions {
  /**
   * Also report loads, with events of type `loads`: at most once a second per agent, when its load
   * has changed by 0.05 or more. Default false. A registry that does not support it reports none.
   */
  readonly loads?: boolean | undefined
  /**
   * Begin with all matching agents. Default true. False: only changes from now on, for those who read lists
   * themselves; read them after each `synced` that follows a `reset`.
   */
  readonly snapshot?: boolean | undefined
  /** Begin with the changes after this revision, instead of a snapshot. Default: none. */
  readonly since?: number | undefined
}

/** Options of a live view. */
export interface LiveViewOptions {
  /**
   * Keep loads current, as `pick('leastLoaded')` requires. Default true. False saves traffic if you
   * do not pick by load; `load` is then that of the last change.
   */
  readonly loads?: boolean | undefined
}

/**
 * Finds agents and watches their changes, without registering an agent itself.
 *
 * ```ts
 * const registry = new DiscoveryClient()
 * const ready = registry.liveView({ capability: 'search', status: 'ready' })
 * await ready.ready
 * const agent = ready.pick()
 * ```
 */
export class DiscoveryClient {
  /** The `registryUrl` option without trailing slashes; several URLs are joined by commas. */
  readonly registryUrl: string
  /** The calls of the HTTP interface, for any agent and in the names of the wire. */
  readonly api: RegistryApi
  protected readonly clock: ClientClock
  protected readonly logger: ClientLogger
  protected readonly timeoutMs: number
  readonly #connection: RegistryConnection
  readonly #signal: AbortSignal | undefined

  /**
   * Creates a client; it connects on the first call.
   *
   * @throws TypeError if `registryUrl` is not an http(s) URL, or an option has the wrong type
   */
  constructor(options: DiscoveryOptions = {}) {
    const { registryUrl, connection } = openConnection(options)
    this.registryUrl = registryUrl
    this.#connection = connection
    this.api = new RegistryApi(this.#connection)
    this.clock = options.clock ?? systemClock
    this.logger = resolveLogger(options.logger)
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    this.#signal = options.signal
  }

  /** Returns all matching agents, or the first `limit` of them, in one response. */
  list(query?: AgentQuery, options?: CallOptions): Promise<Agent[]> {
    return this.api.list(query, options)
  }

  /** Yields all matching agents page by page; `limit` is the page size, default 1000. */
  pages(query?: AgentQuery, options?: CallOptions): AsyncGenerator<Agent[], void> {
    return this.api.pages(query, options)
  }

  /** Returns an agent, dead or alive; undefined if it is unknown. */
  get(agentId: string, options?: CallOptions): Promise<Agent | undefined> {
    return this.api.get(agentId, options)
  }

  /**
   * Returns the card of an agent, dead or alive; undefined if it is unknown or has none.
   *
   * @returns the members of the card as they were sent; `api.cards.text` returns its bytes
   * @throws NetworkError if it is not JSON
   */
  async card(agentId: string, options?: CallOptions): Promise<Record<string, unknown> | undefined> {
    return this.api.cards.get(agentId, options)
  }

  /** Returns the transitions of an agent, oldest first; undefined if the agent is unknown. */
  history(
    agentId: string,
    query?: { readonly limit?: number | undefined },
    options?: CallOptions,
  ): Promise<AgentEvent[] | undefined> {
    return this.api.history(agentId, query, options)
  }

  /** Removes expired agents immediately instead of at the next cleanup. Returns how many. */
  cleanUp(options?: CallOptions): Promise<number> {
    return this.api.cleanUp(options)
  }

  /** Returns the health of the registry, with the number of agents. */
  health(options?: CallOptions): Promise<Health> {
    return this.api.health(options)
  }

  /**
   * Yields changes as they happen, until the iteration ends. Reconnects automatically.
   *
   * @throws ApiError if the registry rejects the filter
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
      snapshot: options.snapshot,
      since: options.since,
    })
  }

  /** Creates a local copy of the list that stays current until it is closed. */
  liveView(filter: AgentFilter = {}, { loads = true }: LiveViewOptions = {}): LiveView {
    return new LiveView({
      clock: this.clock,
      logger: this.logger,
      follow: (signal) => this.watch(filter, { signal, loads }),
    })
  }
}

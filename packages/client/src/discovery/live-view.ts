import type { ClientLogger } from '../client-logger.ts'
import type { ClientClock } from '../clock.ts'
import type { Agent, AgentLoad } from '../transport/wire.ts'
import { type PickStrategy, pickByKey, pickLeastLoaded, pickRandom } from './pick.ts'
import type { LoadReport, WatchEvent } from './watch.ts'

/** Called with the current agents after a change. */
export type ViewListener = (agents: readonly Agent[]) => void

/**
 * A local copy of a list that stays current automatically. It is always complete: while the
 * registry is unreachable it keeps the last known list, and a new snapshot replaces that only once
 * it has arrived in full. A registry that restarts with no or few agents therefore never empties a
 * view halfway through a snapshot.
 */
export class LiveView implements AsyncDisposable {
  readonly #clock: ClientClock
  readonly #logger: ClientLogger | undefined
  readonly #stop = new AbortController()
  readonly #listeners = new Set<ViewListener>()
  readonly #loadListeners = new Set<ViewListener>()
  readonly #following: Promise<void>
  #agents = new Map<string, Agent>()
  /** The snapshot being received, from `reset` until `synced`. */
  #incoming: Map<string, Agent> | undefined
  #list: readonly Agent[] | undefined
  /** Whether `#list` still holds loads from before the last reports. */
  #hasStaleLoads = false
  #disconnectedAt: number | undefined
  #isConnected = false
  #nextIndex = 0
  #resolveReady!: () => void
  #rejectReady!: (reason: unknown) => void
  // Node 20 does not have `Promise.withResolvers`.
  readonly #ready = new Promise<void>((resolve, reject) => {
    this.#resolveReady = resolve
    this.#rejectReady = reject
  })

  /** @internal `follow` yields the events of a watch until the signal is aborted. */
  constructor(options: {
    clock: ClientClock
    follow: (signal: AbortSignal) => AsyncIterable<WatchEvent | LoadReport>
    logger?: ClientLogger | undefined
  }) {
    this.#clock = options.clock
    this.#logger = options.logger
    // Avoids an unhandled rejection if `ready` is never awaited.
    this.#ready.catch(() => undefined)
    this.#following = this.#follow(options.follow)
  }

  /** Resolves when the first list is complete; rejects if the registry rejects the filter. */
  get ready(): Promise<void> {
    return this.#ready
  }

  /** The current agents, ordered by id. The same array until something changes. */
  get agents(): readonly Agent[] {
    if (this.#list && this.#hasStaleLoads) {
      this.#list = this.#list.map((agent) => this.#agents.get(agent.agentId) ?? agent)
    }
    this.#hasStaleLoads = false
    this.#list ??= [...this.#agents.values()].sort((a, b) => (a.agentId < b.agentId ? -1 : 1))
    return this.#list
  }

  /** Returns one of `agents`; undefined if it is not listed. */
  get(agentId: string): Agent | undefined {
    return this.#agents.get(agentId)
  }

  /** Whether the view is connected; if not, it keeps its agents and reconnects. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /**
   * Milliseconds since the connection was lost: 0 while connected, `Infinity` before the first
   * list.
   */
  get ageMs(): number {
    if (this.#isConnected) return 0
    return this.#disconnectedAt === undefined
      ? Number.POSITIVE_INFINITY
      : this.#clock.now() - this.#disconnectedAt
  }

  /**
   * Picks an agent to send work to; undefined if the view is empty.
   *
   * @param how a strategy, default `leastLoaded`; or `{ key }` for the same agent per key
   * @param options.except returns true for agents to exclude, such as those that have just failed
   */
  pick(
    how: PickStrategy | { readonly key: string } = 'leastLoaded',
    options: { readonly except?: ((agent: Agent) => boolean) | undefined } = {},
  ): Agent | undefined {
    const { except } = options
    const agents = except ? this.agents.filter((agent) => !except(agent)) : this.agents
    if (typeof how === 'object') return pickByKey(agents, how.key)
    switch (how) {
      case 'leastLoaded':
        return pickLeastLoaded(agents, this.#clock.random)
      case 'random':
        return pickRandom(agents, this.#clock.random)
      case 'roundRobin':
        return agents[this.#nextIndex++ % agents.length]
    }
  }

  /** Subscribes to changes, except of loads alone. Returns a function that unsubscribes. */
  onChange(listener: ViewListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Subscribes to changes of loads, called once per report. Returns a function that unsubscribes.
   */
  onLoads(listener: ViewListener): () => void {
    this.#loadListeners.add(listener)
    return () => this.#loadListeners.delete(listener)
  }

  /** Stops the watch and keeps the agents. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#following
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #follow(
    follow: (signal: AbortSignal) => AsyncIterable<WatchEvent | LoadReport>,
  ): Promise<void> {
    try {
      for await (const event of follow(this.#stop.signal)) this.#apply(event)
    } catch (error) {
      this.#rejectReady(error)
    } finally {
      this.#markDisconnected()
      this.#rejectReady(new Error('the view was closed before its first list arrived'))
    }
  }

  #apply(event: WatchEvent | LoadReport): void {
    switch (event.type) {
      case 'reset':
        this.#incoming = new Map()
        return
      case 'disconnected':
        this.#markDisconnected()
        return
      case 'synced':
        this.#isConnected = true
        if (this.#incoming) {
          this.#agents = this.#incoming
          this.#incoming = undefined
          this.#list = undefined
          this.#notify(this.#listeners)
        }
        this.#resolveReady()
        return
      case 'loads':
        this.#applyLoads(event.loads)
        return
      default: {
        const { agent, listed } = event
        const agents = this.#incoming ?? this.#agents
        if (listed) agents.set(agent.agentId, agent)
        else agents.delete(agent.agentId)
        if (agents !== this.#agents) return
        this.#list = this.#list && withAgent(this.#list, agent, listed)
        this.#notify(this.#listeners)
      }
    }
  }

  #applyLoads(loads: readonly AgentLoad[]): void {
    const agents = this.#incoming ?? this.#agents
    let hasChanged = false
    for (const { agentId, load } of loads) {
      const agent = agents.get(agentId)
      // A load report must not bring back an agent that has left the list.
      if (!agent || agent.load === load) continue
      agents.set(agentId, { ...agent, load })
      hasChanged = true
    }
    if (agents !== this.#agents || !hasChanged) return
    // Reports arrive in parts: the list is rebuilt once, on the next read.
    this.#hasStaleLoads = true
    this.#notify(this.#loadListeners)
  }

  #markDisconnected(): void {
    if (this.#isConnected) this.#disconnectedAt = this.#clock.now()
    this.#isConnected = false
  }

  #notify(listeners: ReadonlySet<ViewListener>): void {
    for (const listener of listeners) {
      try {
        listener(this.agents)
      } catch (error) {
        // A failing listener affects neither the view nor the other listeners.
        this.#logger?.warn(`an event listener of a live view failed: ${String(error)}`)
      }
    }
  }
}

/**
 * Returns the sorted list with one agent inserted, replaced or removed; sorting again would cost
 * far more.
 */
function withAgent(list: readonly Agent[], agent: Agent, listed: boolean): Agent[] {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle]?.agentId ?? '') < agent.agentId) low = middle + 1
    else high = middle
  }
  const isPresent = list[low]?.agentId === agent.agentId
  return list.toSpliced(low, isPresent ? 1 : 0, ...(listed ? [agent] : []))
}

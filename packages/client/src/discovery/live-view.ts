import type { ClientLogger } from '../client-logger.ts'
import type { ClientClock } from '../clock.ts'
import type { Agent, AgentLoad } from '../transport/wire.ts'
import { type PickStrategy, pickByKey, pickLessLoaded, pickRandom } from './pick.ts'
import type { LoadReport, WatchEvent } from './watch.ts'

/** What a view tells of, after it has happened. */
export type ViewListener = (agents: readonly Agent[]) => void

/**
 * A local copy of a list that follows the registry by itself. It is always whole: what came last
 * from the registry stays when the registry is away, and a new list takes its place only once it
 * has arrived to its end. So a registry that restarts empty or half full empties no view by
 * accident, only by telling so.
 */
export class LiveView implements AsyncDisposable {
  readonly #clock: ClientClock
  readonly #logger: ClientLogger | undefined
  readonly #stop = new AbortController()
  readonly #listeners = new Set<ViewListener>()
  readonly #loadListeners = new Set<ViewListener>()
  readonly #following: Promise<void>
  #agents = new Map<string, Agent>()
  /** A new list on its way, from a reset until it is synced. */
  #coming: Map<string, Agent> | undefined
  #list: readonly Agent[] | undefined
  /** The list still has loads from before the last reports. */
  #loadsMoved = false
  #lastWord: number | undefined
  #isConnected = false
  #turn = 0
  #resolveReady!: () => void
  #rejectReady!: (reason: unknown) => void
  // `Promise.withResolvers` would say the same, but Node 20 does not have it.
  readonly #ready = new Promise<void>((resolve, reject) => {
    this.#resolveReady = resolve
    this.#rejectReady = reject
  })

  /** @internal `follow` gives the events of a watch, until the signal is aborted. */
  constructor(options: {
    clock: ClientClock
    follow: (signal: AbortSignal) => AsyncIterable<WatchEvent | LoadReport>
    logger?: ClientLogger | undefined
  }) {
    this.#clock = options.clock
    this.#logger = options.logger
    // Whoever never asks whether it is ready must not be told of by the process.
    this.#ready.catch(() => undefined)
    this.#following = this.#follow(options.follow)
  }

  /** Resolves once the first list is there; rejects when the registry refuses the query. */
  get ready(): Promise<void> {
    return this.#ready
  }

  /** The agents as the registry last told, in order of their ids. The same array until it changes. */
  get agents(): readonly Agent[] {
    if (this.#list && this.#loadsMoved) {
      this.#list = this.#list.map((agent) => this.#agents.get(agent.agentId) ?? agent)
    }
    this.#loadsMoved = false
    this.#list ??= [...this.#agents.values()].sort((a, b) => (a.agentId < b.agentId ? -1 : 1))
    return this.#list
  }

  /** One of `agents`; undefined when it is not among them. */
  get(agentId: string): Agent | undefined {
    return this.#agents.get(agentId)
  }

  /** Whether it follows the registry just now; if not, it keeps what it has and tries again. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Milliseconds since the view is not known to be current: 0 while it follows the registry. */
  get ageMs(): number {
    if (this.#isConnected) return 0
    return this.#lastWord === undefined
      ? Number.POSITIVE_INFINITY
      : this.#clock.now() - this.#lastWord
  }

  /**
   * One agent to give work to; undefined when there is none.
   *
   * @param how a strategy, default `leastLoaded`; or `{ key }`, always the same agent for a key
   * @param options.except agents to leave out, such as those that have just failed
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
        return pickLessLoaded(agents, this.#clock.random)
      case 'random':
        return pickRandom(agents, this.#clock.random)
      case 'roundRobin':
        return agents[this.#turn++ % agents.length]
    }
  }

  /** Calls back after each change, but not when only loads moved. Returns the function that ends it. */
  onChange(listener: ViewListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls back when loads moved, once for all that a report contains. Returns as `onChange`. */
  onLoads(listener: ViewListener): () => void {
    this.#loadListeners.add(listener)
    return () => this.#loadListeners.delete(listener)
  }

  /** Stops following; what it has stays. Twice is fine. */
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
      for await (const event of follow(this.#stop.signal)) this.#take(event)
    } catch (error) {
      this.#rejectReady(error)
    } finally {
      this.#lose()
      this.#rejectReady(new Error('the view was closed before its first list came'))
    }
  }

  #take(event: WatchEvent | LoadReport): void {
    switch (event.type) {
      case 'reset':
        this.#coming = new Map()
        return
      case 'disconnected':
        this.#lose()
        return
      case 'synced':
        this.#isConnected = true
        if (this.#coming) {
          this.#agents = this.#coming
          this.#coming = undefined
          this.#list = undefined
          this.#notify(this.#listeners)
        }
        this.#resolveReady()
        return
      case 'loads':
        this.#takeLoads(event.loads)
        return
      default: {
        const { agent, listed } = event
        const agents = this.#coming ?? this.#agents
        if (listed) agents.set(agent.agentId, agent)
        else agents.delete(agent.agentId)
        if (agents !== this.#agents) return
        this.#list = this.#list && withAgent(this.#list, agent, listed)
        this.#notify(this.#listeners)
      }
    }
  }

  #takeLoads(loads: readonly AgentLoad[]): void {
    const agents = this.#coming ?? this.#agents
    let hasChanged = false
    for (const { agentId, load } of loads) {
      const agent = agents.get(agentId)
      // One that has left the list does not come back by its load.
      if (!agent || agent.load === load) continue
      agents.set(agentId, { ...agent, load })
      hasChanged = true
    }
    if (agents !== this.#agents || !hasChanged) return
    // Reports come in parts: the list is made again once, when it is next read.
    this.#loadsMoved = true
    this.#notify(this.#loadListeners)
  }

  #lose(): void {
    if (this.#isConnected) this.#lastWord = this.#clock.now()
    this.#isConnected = false
  }

  #notify(listeners: ReadonlySet<ViewListener>): void {
    for (const listener of listeners) {
      try {
        listener(this.agents)
      } catch (error) {
        // Its fault is its own: the view goes on, and the others still hear.
        this.#logger?.warn(`a listener of a live view failed: ${String(error)}`)
      }
    }
  }
}

/** The list with one agent put in, replaced or left out; sorting anew would cost far more. */
function withAgent(list: readonly Agent[], agent: Agent, listed: boolean): Agent[] {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle]?.agentId ?? '') < agent.agentId) low = middle + 1
    else high = middle
  }
  const isThere = list[low]?.agentId === agent.agentId
  return list.toSpliced(low, isThere ? 1 : 0, ...(listed ? [agent] : []))
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentGroup, AgentRegistryClient } from '@rollcall/client'
import { generateProfile } from './agent-roles.ts'

/** Options of a simulated fleet. */
export interface FleetOptions {
  readonly registryUrl: string
  readonly agents: number
  /** Whether agents also join, leave and crash. */
  readonly churn: boolean
}

/** Statistics of a simulated fleet. */
export interface FleetCounts {
  alive: number
  joined: number
  left: number
  crashed: number
  changes: number
  failures: number
}

const TTL_SECONDS = 30
/** Short, so that a viewer sees crashed agents expire. */
const CRASHING_TTL_SECONDS = 9
const MAX_CONCURRENT_JOINS = 16
/** Interval of the simulation in milliseconds. */
const TICK_MS = 100
/** Average rate of status changes of one agent. */
const CHANGES_PER_AGENT_AND_SECOND = 0.1
/** The registry supports far more changes, but a viewer could not follow them. */
const MAX_CHANGES_PER_SECOND = 200
/** With churn, the share of a fleet that joins, and that leaves or crashes, per second. */
const CHURN_PER_SECOND = 0.01
/** The share of departing agents that crash instead of deregistering. */
const CRASH_SHARE = 0.4

/** A fleet of simulated agents, which exist only in the registry. */
export class SimulatedFleet implements AsyncDisposable {
  readonly counts: FleetCounts = {
    alive: 0,
    joined: 0,
    left: 0,
    crashed: 0,
    changes: 0,
    failures: 0,
  }
  readonly #options: FleetOptions
  readonly #group: AgentGroup<AgentRegistryClient>
  /** Agents that will crash: not in the group, so that their heartbeats can stop. */
  readonly #crashing = new Set<AgentRegistryClient>()
  /** Agents that have crashed and may still be in the registry. */
  readonly #crashed = new Set<AgentRegistryClient>()
  readonly #inFlight = new Set<Promise<void>>()
  // Keeps the ids of concurrent demos apart.
  readonly #name = process.pid.toString(36)
  #number = 0

  constructor(options: FleetOptions) {
    this.#options = options
    this.#group = AgentRegistryClient.group({ registryUrl: options.registryUrl, logger: null })
  }

  get registryUrl(): string {
    return this.#group.registryUrl
  }

  /**
   * Registers all agents.
   *
   * @throws the error of the first agent that cannot join
   */
  async join(signal: AbortSignal): Promise<void> {
    const { agents } = this.#options
    for (let joined = 0; joined < agents && !signal.aborted; joined += MAX_CONCURRENT_JOINS) {
      const count = Math.min(MAX_CONCURRENT_JOINS, agents - joined)
      await Promise.all(Array.from({ length: count }, () => this.#joinOne()))
    }
  }

  /** Runs the simulation until the signal is aborted, even while the registry is unreachable. */
  async run(signal: AbortSignal): Promise<void> {
    const { agents, churn } = this.#options
    const changes = Math.min(agents * CHANGES_PER_AGENT_AND_SECOND, MAX_CHANGES_PER_SECOND)
    const arrivals = churn ? Math.max(0.2, agents * CHURN_PER_SECOND) : 0
    while (!signal.aborted) {
      this.#runAtRate(changes, () => this.#changeOne())
      this.#runAtRate(arrivals, () => this.#joinOne())
      // Departures match arrivals, so that the fleet keeps its size.
      if (this.counts.alive > agents) this.#runAtRate(arrivals * 2, () => this.#removeOne())
      this.#runAtRate(this.#crashing.size / (CRASHING_TTL_SECONDS / 3), () =>
        this.#heartbeatCrashing(),
      )
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Deregisters all agents, including crashed ones. */
  async close(): Promise<void> {
    await Promise.all(this.#inFlight)
    const others = [...this.#crashing, ...this.#crashed]
    await Promise.all([this.#group.close(), ...others.map((agent) => agent.close())])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Runs an action in the background as often in this tick as its rate requires. */
  #runAtRate(perSecond: number, action: () => Promise<void>): void {
    let times = (perSecond * TICK_MS) / 1000
    times = Math.floor(times) + (Math.random() < times % 1 ? 1 : 0)
    for (; times > 0; times--) {
      const running = action()
        .catch(() => {
          this.counts.failures++
        })
        .finally(() => this.#inFlight.delete(running))
      this.#inFlight.add(running)
    }
  }

  async #joinOne(): Promise<void> {
    const { registryUrl } = this
    const generated = generateProfile(this.#name, ++this.#number, Math.random)
    const profile = { ...generated, registryUrl, logger: null }
    if (this.#options.churn && Math.random() < CRASH_SHARE) {
      const client = new AgentRegistryClient({ ...profile, ttlSeconds: CRASHING_TTL_SECONDS })
      await client.register()
      this.#crashing.add(client)
    } else {
      // The first agents must fail immediately without a registry; later failures are only counted.
      await this.#group.join({ ...profile, ttlSeconds: TTL_SECONDS, joinTimeoutMs: 0 })
    }
    this.counts.joined++
    this.counts.alive++
  }

  async #removeOne(): Promise<void> {
    const outcome = Math.random() < CRASH_SHARE ? 'crashed' : 'left'
    const agent = anyOf(outcome === 'crashed' ? [...this.#crashing] : this.#group.agents)
    if (agent === undefined) return
    this.counts.alive--
    this.counts[outcome]++
    if (outcome === 'left') return await agent.close()
    this.#crashing.delete(agent)
    this.#crashed.add(agent)
    // By then the lease has lapsed and the registry has removed the agent.
    setTimeout(() => this.#crashed.delete(agent), 10 * CRASHING_TTL_SECONDS * 1000).unref()
  }

  async #changeOne(): Promise<void> {
    const agent = anyOf(this.#group.agents)
    if (agent === undefined) return
    const chance = Math.random()
    const status = chance < 0.55 ? 'ready' : chance < 0.92 ? 'busy' : 'draining'
    const load = status === 'busy' ? 0.5 + Math.random() / 2 : Math.random() / 2
    await agent.heartbeat({ status, load: Math.round(load * 100) / 100 })
    this.counts.changes++
  }

  /** Sends a heartbeat for the agent whose last one is the oldest. */
  async #heartbeatCrashing(): Promise<void> {
    const [agent] = this.#crashing
    if (agent === undefined) return
    this.#crashing.delete(agent)
    this.#crashing.add(agent)
    try {
      await agent.heartbeat({
        status: Math.random() < 0.7 ? 'ready' : 'busy',
        load: Math.round(Math.random() * 100) / 100,
      })
    } catch (error) {
      // The registry may have lost the agent in a restart.
      await agent.register()
      throw error
    }
  }
}

function anyOf<T>(choices: readonly T[]): T | undefined {
  return choices[Math.floor(Math.random() * choices.length)]
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentGroup, AgentRegistryClient } from '@rollcall/client'
import { makeProfile } from './agent-roles.ts'

/** How large a fleet is, and how it lives. */
export interface FleetOptions {
  readonly registryUrl: string
  readonly agents: number
  /** Agents also join, leave and crash. */
  readonly churn: boolean
}

/** What became of a fleet so far. */
export interface FleetCounts {
  alive: number
  joined: number
  left: number
  crashed: number
  changes: number
  failures: number
}

const TTL_SECONDS = 30
/** Short, so that whoever watches sees a crashed agent expire. */
const MORTAL_TTL_SECONDS = 9
const JOINS_AT_ONCE = 16
/** Milliseconds between two looks at what should happen now. */
const TICK_MS = 100
/** An agent changes its status so often, on average. */
const CHANGES_PER_AGENT_AND_SECOND = 0.1
/** The registry takes far more; people do not. */
const MOST_CHANGES_PER_SECOND = 200
/** With churn, this share of a fleet joins, and as many leave or crash, each second. */
const CHURN_PER_SECOND = 0.01
/** Of those that go, the share that says no goodbye. */
const CRASH_SHARE = 0.4

/** A lively fleet of agents that exist in the registry alone. */
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
  /** Those that will crash: they beat by themselves, so that they can fall silent. */
  readonly #mortals = new Set<AgentRegistryClient>()
  /** Those that fell silent and are still in the registry. */
  readonly #silent = new Set<AgentRegistryClient>()
  readonly #underWay = new Set<Promise<void>>()
  // Two demos at the same time must not take each other's agents over.
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
   * Lets all agents join.
   *
   * @throws what the first of them throws that cannot join
   */
  async join(signal: AbortSignal): Promise<void> {
    const { agents } = this.#options
    for (let joined = 0; joined < agents && !signal.aborted; joined += JOINS_AT_ONCE) {
      const count = Math.min(JOINS_AT_ONCE, agents - joined)
      await Promise.all(Array.from({ length: count }, () => this.#joinOne()))
    }
  }

  /** Lives on until the signal is aborted. A registry that is away is no reason to stop. */
  async live(signal: AbortSignal): Promise<void> {
    const { agents, churn } = this.#options
    const changes = Math.min(agents * CHANGES_PER_AGENT_AND_SECOND, MOST_CHANGES_PER_SECOND)
    const arrivals = churn ? Math.max(0.2, agents * CHURN_PER_SECOND) : 0
    while (!signal.aborted) {
      this.#perhaps(changes, () => this.#changeOne())
      this.#perhaps(arrivals, () => this.#joinOne())
      // As many go as come, so that the fleet keeps its size.
      if (this.counts.alive > agents) this.#perhaps(arrivals * 2, () => this.#loseOne())
      this.#perhaps(this.#mortals.size / (MORTAL_TTL_SECONDS / 3), () => this.#beatMortal())
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Deregisters all, those that crashed as well. */
  async close(): Promise<void> {
    await Promise.all(this.#underWay)
    const others = [...this.#mortals, ...this.#silent]
    await Promise.all([this.#group.close(), ...others.map((agent) => agent.close())])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Does something now as often as fits a rate, in the background. */
  #perhaps(perSecond: number, act: () => Promise<void>): void {
    let times = (perSecond * TICK_MS) / 1000
    times = Math.floor(times) + (Math.random() < times % 1 ? 1 : 0)
    for (; times > 0; times--) {
      const acting = act()
        .catch(() => {
          this.counts.failures++
        })
        .finally(() => this.#underWay.delete(acting))
      this.#underWay.add(acting)
    }
  }

  async #joinOne(): Promise<void> {
    const { registryUrl } = this
    const made = makeProfile(this.#name, ++this.#number, Math.random)
    const profile = { ...made, registryUrl, logger: null }
    if (this.#options.churn && Math.random() < CRASH_SHARE) {
      const mortal = new AgentRegistryClient({ ...profile, ttlSeconds: MORTAL_TTL_SECONDS })
      await mortal.register()
      this.#mortals.add(mortal)
    } else {
      // The first agents must say at once when there is no registry; later ones come again anyway.
      await this.#group.join({ ...profile, ttlSeconds: TTL_SECONDS, joinTimeoutMs: 0 })
    }
    this.counts.joined++
    this.counts.alive++
  }

  async #loseOne(): Promise<void> {
    const goes = Math.random() < CRASH_SHARE ? 'crashed' : 'left'
    const agent = anyOf(goes === 'crashed' ? [...this.#mortals] : this.#group.agents)
    if (agent === undefined) return
    this.counts.alive--
    this.counts[goes]++
    if (goes === 'left') return await agent.close()
    this.#mortals.delete(agent)
    this.#silent.add(agent)
    // By then its lease has lapsed and the registry has removed it.
    setTimeout(() => this.#silent.delete(agent), 10 * MORTAL_TTL_SECONDS * 1000).unref()
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

  /** Whoever beat longest ago comes first. */
  async #beatMortal(): Promise<void> {
    const [agent] = this.#mortals
    if (agent === undefined) return
    this.#mortals.delete(agent)
    this.#mortals.add(agent)
    try {
      await agent.heartbeat({
        status: Math.random() < 0.7 ? 'ready' : 'busy',
        load: Math.round(Math.random() * 100) / 100,
      })
    } catch (error) {
      // The registry may have been restarted without its file.
      await agent.register()
      throw error
    }
  }
}

function anyOf<T>(choices: readonly T[]): T | undefined {
  return choices[Math.floor(Math.random() * choices.length)]
}

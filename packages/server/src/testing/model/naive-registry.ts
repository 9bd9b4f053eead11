import type { AgentRegistration } from '../../domain/agent-registration.ts'
import type { Heartbeat } from '../../domain/heartbeat.ts'
import type { TransitionType } from '../../domain/transition.ts'
import type { ManualClock } from '../manual-clock.ts'

/** An agent in the model. `deadline` is on the monotonic clock. */
export interface NaiveAgent {
  /** What it said last, defaults filled in. */
  said: Required<AgentRegistration>
  registeredAtMs: number
  /** Undefined: how the store shows it is not laid down; see {@link NaiveRegistry.restart}. */
  lastHeartbeatMs: number | undefined
  wallSteppedSince: boolean
  deadline: number
  expired: boolean
  revision: number
}

/** A transition as the model tells it. */
export interface NaiveTransition {
  readonly type: TransitionType
  readonly agentId: string
  /** What the agent was before, metadata as it was given. */
  readonly before: Record<string, unknown> | undefined
}

/**
 * The contract once more, in the plainest way: a map, and the table of the life of a lease read
 * aloud. It shares no code with the stores; where they disagree, one of them is wrong.
 */
export class NaiveRegistry {
  readonly agents = new Map<string, NaiveAgent>()
  readonly #clock: ManualClock
  readonly #told: NaiveTransition[] = []

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  add(registration: AgentRegistration): void {
    const { agentId } = registration
    const before = this.#settled(agentId)
    const said = filledIn(registration, before)
    const after: NaiveAgent = {
      said,
      registeredAtMs: before?.registeredAtMs ?? this.#clock.wallMs(),
      lastHeartbeatMs: this.#clock.wallMs(),
      wallSteppedSince: false,
      deadline: this.#clock.monotonicMs() + ttlMs(said),
      expired: false,
      revision: before?.revision ?? 0,
    }
    this.agents.set(agentId, after)
    if (before === undefined) this.#tell('registered', agentId, before)
    else if (before.expired) this.#tell('revived', agentId, before)
    else if (visible(before) !== visible(after)) this.#tell('updated', agentId, before)
  }

  /** Whether there is such an agent. A heartbeat is a registration that says nothing new. */
  heartbeat({ agentId, status, load }: Heartbeat): boolean {
    const agent = this.agents.get(agentId)
    if (agent === undefined) return false
    const said = {
      ...agent.said,
      status: status ?? agent.said.status,
      load: load ?? agent.said.load,
    }
    this.add(said as AgentRegistration)
    return true
  }

  /** Which of many heartbeats found their agent. What one agent says again counts, and is done once. */
  heartbeats(heartbeats: readonly Heartbeat[]): Heartbeat[] {
    const isLast = (heartbeat: Heartbeat, at: number) =>
      heartbeats.findLastIndex(({ agentId }) => agentId === heartbeat.agentId) === at
    for (const { agentId } of heartbeats.filter(isLast)) {
      const all = heartbeats.filter((heartbeat) => heartbeat.agentId === agentId)
      const status = all.findLast((heartbeat) => heartbeat.status !== undefined)?.status
      const load = all.findLast((heartbeat) => heartbeat.load !== undefined)?.load
      this.heartbeat({ agentId, status, load })
    }
    return heartbeats.filter(({ agentId }) => this.agents.has(agentId))
  }

  delete(agentId: string): boolean {
    const before = this.#settled(agentId)
    if (before) this.#tell('deregistered', agentId, before)
    return this.agents.delete(agentId)
  }

  sweep(): number {
    const due = [...this.agents.keys()].filter((id) => this.isLapsed(id))
    for (const agentId of due) this.#settled(agentId)
    return due.length
  }

  cleanup(): number {
    this.sweep()
    const expired = [...this.agents].filter(([, agent]) => agent.expired)
    for (const [agentId, before] of expired) {
      this.#tell('removed', agentId, before)
      this.agents.delete(agentId)
    }
    return expired.length
  }

  stepWall(ms: number): void {
    for (const agent of this.agents.values()) {
      if (agent.lastHeartbeatMs !== undefined) agent.lastHeartbeatMs += ms
      agent.wallSteppedSince = true
    }
  }

  /** After the store was away for a while: the living get back what they had left, or the grace. */
  restart(awayMs: number, graceMs: number): void {
    const now = this.#clock.monotonicMs()
    for (const agent of this.agents.values()) {
      // When the file was written, before the step or after it, decides what it says.
      if (agent.wallSteppedSince) agent.lastHeartbeatMs = undefined
      const left = agent.deadline - (now - awayMs)
      if (left > 0) agent.deadline = now + Math.max(left, Math.min(ttlMs(agent.said), graceMs))
    }
  }

  isAlive(agentId: string): boolean {
    const agent = this.agents.get(agentId)
    return agent !== undefined && this.#clock.monotonicMs() < agent.deadline
  }

  isLapsed(agentId: string): boolean {
    return !this.isAlive(agentId) && this.agents.get(agentId)?.expired === false
  }

  /** What was told since the last call. */
  takeTold(): NaiveTransition[] {
    return this.#told.splice(0)
  }

  /** The agent, its expiry told of if it has lapsed: truth does not wait for the sweep. */
  #settled(agentId: string): NaiveAgent | undefined {
    const agent = this.agents.get(agentId)
    if (agent && this.isLapsed(agentId)) {
      this.#tell('expired', agentId, agent)
      agent.expired = true
    }
    return agent
  }

  #tell(type: TransitionType, agentId: string, before: NaiveAgent | undefined): void {
    this.#told.push({ type, agentId, before: before && filterableStateOf(before) })
  }
}

function filledIn(said: AgentRegistration, before?: NaiveAgent): Required<AgentRegistration> {
  const { metadata } = said
  const told = typeof metadata === 'string' ? JSON.parse(metadata) : metadata
  return {
    ...said,
    ttlSeconds: said.ttlSeconds ?? 60,
    metadata: metadata ?? null,
    capabilities: said.capabilities ?? told?.capabilities ?? [],
    version: said.version ?? null,
    url: said.url ?? `http://${said.host}:${said.port}`,
    status: said.status ?? before?.said.status ?? 'ready',
    load: said.load === undefined ? (before?.said.load ?? null) : said.load,
  }
}

function filterableStateOf({ said, expired }: NaiveAgent): Record<string, unknown> {
  const { agentName, capabilities, metadata, status } = said
  return { agentName, capabilities, metadata, status, alive: !expired }
}

function ttlMs({ ttlSeconds = 60 }: AgentRegistration): number {
  return ttlSeconds * 1000
}

/** Everything whose change is a transition: all but the load. */
function visible({ said }: NaiveAgent): string {
  const { load, ...rest } = said
  return JSON.stringify(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

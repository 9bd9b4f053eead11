import type { AgentRecord } from '../domain/agent-record.ts'
import type { FeedEvent } from './feed-event.ts'
import type { FollowedAgent, KnownLoads, LoadAudience } from './load-audience.ts'

/** What an agent reported that no audience lists. */
interface Stray {
  readonly load: number | null
  readonly atMs: number
}

/** A load moves when it changes by so much; less is not reported. */
const LEAST_MOVE = 0.05
/** 0.15 - 0.1 is less than 0.05 in binary. */
const ROUNDING = 1e-9
/**
 * Milliseconds that a report may be older than the newest and still be a late one, which does not
 * count. No report is under way for so long: beyond that, the clock was set back.
 */
const LATEST_MS = 10_000
/** Agents removed before others get their turn. */
const SLICE = 1000

/** A load as a number; {@link FollowedAgent} tells why. */
function numberOf(load: number | null): number {
  return load ?? Number.NaN
}

/** A load as it is sent. */
export function loadOf(number: number): number | null {
  return Number.isNaN(number) ? null : number
}

/** Whether a load has moved far enough to be reported. */
function hasMoved(from: number, to: number): boolean {
  if (Number.isNaN(from) || Number.isNaN(to)) return !Object.is(from, to)
  return Math.abs(from - to) >= LEAST_MOVE - ROUNDING
}

/**
 * The agents whose load is followed, by id. A filter is evaluated when an agent changes, not
 * when it reports a load: a report costs one look-up, however many filters are followed.
 */
export class FollowedLoads {
  readonly #agents = new Map<string, FollowedAgent>()
  #waiting: FollowedAgent[] = []
  /**
   * Reports of agents that no audience lists, of this second and of the one before: the transition
   * or the list that brings the agent may be on its way, and be older than the report.
   */
  #strays = new Map<string, Stray>()
  #olderStrays = new Map<string, Stray>()

  /** Whether some load waits to be reported. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Takes in what an agent reported. */
  report(agentId: string, load: number | null, atMs: number): void {
    const agent = this.#agents.get(agentId)
    if (agent === undefined) this.#strays.set(agentId, { load, atMs })
    else if (!isLate(agent, atMs)) this.#take(agent, numberOf(load), atMs)
  }

  /** Takes in what the readers of an audience are about to be sent: loads are in events, too. */
  observe(audience: LoadAudience, events: readonly FeedEvent[]): void {
    for (const { transition, listed } of events) {
      const { agentId, agent } = transition
      audience.changedWhileListing?.add(agentId)
      if (!listed) {
        this.#leave(audience, this.#agents.get(agentId))
        continue
      }
      const followed = this.#enter(audience, agent)
      // Whatever the newest is: this is what the readers have now.
      followed.sent = numberOf(agent.load)
      this.#takeFrom(agent, followed)
    }
  }

  /** Takes in a part of the list that an audience begins with. */
  enterAll(audience: LoadAudience, agents: readonly AgentRecord[]): void {
    for (const agent of agents) {
      // What a transition said meanwhile may be newer than the list.
      if (audience.changedWhileListing?.has(agent.agentId)) continue
      this.#takeFrom(agent, this.#enter(audience, agent))
    }
  }

  /** Takes what the first reader of an agent holds for what was sent. */
  adopt(agent: FollowedAgent, known: KnownLoads | undefined): void {
    const load = known?.get(agent.agentId)
    if (load === undefined || agent.audiences.length > 1) return
    agent.sent = numberOf(load)
    this.#take(agent, agent.load, agent.atMs)
  }

  /** The agents whose load has moved; from now on, what they report is measured from here. */
  takeMoved(): FollowedAgent[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting.filter((agent) => {
      agent.isWaiting = false
      // It may have moved back, or have left meanwhile.
      if (agent.audiences.length === 0 || !hasMoved(agent.sent, agent.load)) return false
      agent.sent = agent.load
      return true
    })
  }

  /** Forgets the older of the reports that belong to no agent. */
  forgetStrays(): void {
    this.#olderStrays = this.#strays
    this.#strays = new Map()
  }

  /** Removes an audience without readers. */
  async removeAudience(audience: LoadAudience): Promise<void> {
    let removed = 0
    for (const agent of audience.agents) {
      this.#leave(audience, agent)
      if (++removed % SLICE === 0) await new Promise(setImmediate)
    }
  }

  #enter(audience: LoadAudience, { agentId, load, lastHeartbeatMs }: AgentRecord): FollowedAgent {
    let agent = this.#agents.get(agentId)
    if (agent === undefined) {
      const [atMs, number] = [lastHeartbeatMs, numberOf(load)]
      agent = { agentId, load: number, atMs, sent: number, isWaiting: false, audiences: [] }
      this.#agents.set(agentId, agent)
      const stray = this.#strays.get(agentId) ?? this.#olderStrays.get(agentId)
      if (stray && !isLate(agent, stray.atMs)) {
        this.#take(agent, numberOf(stray.load), stray.atMs)
      }
    }
    if (!audience.agents.has(agent)) {
      audience.agents.add(agent)
      agent.audiences.push(audience)
    }
    return agent
  }

  #leave(audience: LoadAudience, agent: FollowedAgent | undefined): void {
    if (!agent || !audience.agents.delete(agent)) return
    agent.audiences.splice(agent.audiences.indexOf(audience), 1)
    if (agent.audiences.length === 0) this.#agents.delete(agent.agentId)
  }

  /** Takes the load of a record, which of the same moment is older than what was reported. */
  #takeFrom({ load, lastHeartbeatMs }: AgentRecord, agent: FollowedAgent): void {
    const isNewer = lastHeartbeatMs !== agent.atMs && !isLate(agent, lastHeartbeatMs)
    this.#take(agent, isNewer ? numberOf(load) : agent.load, isNewer ? lastHeartbeatMs : agent.atMs)
  }

  #take(agent: FollowedAgent, load: number, atMs: number): void {
    agent.load = load
    agent.atMs = atMs
    if (agent.isWaiting || !hasMoved(agent.sent, load)) return
    agent.isWaiting = true
    this.#waiting.push(agent)
  }
}

/** Whether a newer load is known than one of some moment. */
function isLate(agent: FollowedAgent, atMs: number): boolean {
  const lateMs = agent.atMs - atMs
  return lateMs > 0 && lateMs <= LATEST_MS
}

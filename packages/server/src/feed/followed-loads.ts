import type { AgentRecord } from '../domain/agent-record.ts'
import type { FeedEvent } from './feed-event.ts'
import type { FollowedAgent, KnownLoads, LoadAudience } from './load-audience.ts'

/** A report of an agent that no audience lists. */
interface UnlistedReport {
  readonly load: number | null
  readonly atMs: number
}

/** The smallest change of a load that is reported. */
const MIN_CHANGE = 0.05
/** 0.15 - 0.1 is less than 0.05 in binary. */
const ROUNDING = 1e-9
/**
 * Maximum milliseconds by which a report may be older than the newest one and still count as late, so
 * that it is ignored. No report is in flight for that long: beyond it, the clock was set back.
 */
const MAX_DELAY_MS = 10_000
/** Agents removed before yielding to other work. */
const REMOVAL_STEP = 1000

/** Returns a load as a number; see {@link FollowedAgent} for the reason. */
function numberOf(load: number | null): number {
  return load ?? Number.NaN
}

/** Returns a load as it is sent. */
export function loadOf(number: number): number | null {
  return Number.isNaN(number) ? null : number
}

/** Whether a load has changed enough to be reported. */
function hasChanged(from: number, to: number): boolean {
  if (Number.isNaN(from) || Number.isNaN(to)) return !Object.is(from, to)
  return Math.abs(from - to) >= MIN_CHANGE - ROUNDING
}

/**
 * Tracks the loads of followed agents by id. A filter is evaluated when an agent changes, not when it
 * reports a load: a report costs one look-up, however many filters are followed.
 */
export class FollowedLoads {
  readonly #agents = new Map<string, FollowedAgent>()
  #waiting: FollowedAgent[] = []
  /**
   * Reports of agents that no audience lists, of the current and the previous second: the transition
   * or list that adds the agent may still be in flight, and be older than the report.
   */
  #unlisted = new Map<string, UnlistedReport>()
  #olderUnlisted = new Map<string, UnlistedReport>()

  /** Whether some load is waiting to be reported. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Records the load that an agent reported. */
  report(agentId: string, load: number | null, atMs: number): void {
    const agent = this.#agents.get(agentId)
    if (agent === undefined) this.#unlisted.set(agentId, { load, atMs })
    else if (!isLate(agent, atMs)) this.#update(agent, numberOf(load), atMs)
  }

  /** Records the loads in events that the readers of an audience are about to receive. */
  observe(audience: LoadAudience, events: readonly FeedEvent[]): void {
    for (const { transition, listed } of events) {
      const { agentId, agent } = transition
      audience.changedWhileListing?.add(agentId)
      if (!listed) {
        this.#leave(audience, this.#agents.get(agentId))
        continue
      }
      const followed = this.#enter(audience, agent)
      // Even if a newer load is known, this is what the readers have now.
      followed.sent = numberOf(agent.load)
      this.#updateFrom(agent, followed)
    }
  }

  /** Adds a part of the list with which an audience starts. */
  enterAll(audience: LoadAudience, agents: readonly AgentRecord[]): void {
    for (const agent of agents) {
      // A transition that was observed in the meantime may be newer than the list.
      if (audience.changedWhileListing?.has(agent.agentId)) continue
      this.#updateFrom(agent, this.#enter(audience, agent))
    }
  }

  /** Treats the load that the first reader of an agent already holds as the one that was sent. */
  adopt(agent: FollowedAgent, known: KnownLoads | undefined): void {
    const load = known?.get(agent.agentId)
    if (load === undefined || agent.audiences.length > 1) return
    agent.sent = numberOf(load)
    this.#update(agent, agent.load, agent.atMs)
  }

  /** Takes the agents whose load has changed; further reports are compared with these loads. */
  takeChanged(): FollowedAgent[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting.filter((agent) => {
      agent.isWaiting = false
      // It may have changed back, or left in the meantime.
      if (agent.audiences.length === 0 || !hasChanged(agent.sent, agent.load)) return false
      agent.sent = agent.load
      return true
    })
  }

  /** Discards the older reports of unlisted agents. */
  discardUnlisted(): void {
    this.#olderUnlisted = this.#unlisted
    this.#unlisted = new Map()
  }

  /** Removes an audience without readers. */
  async removeAudience(audience: LoadAudience): Promise<void> {
    let removed = 0
    for (const agent of audience.agents) {
      this.#leave(audience, agent)
      if (++removed % REMOVAL_STEP === 0) await new Promise(setImmediate)
    }
  }

  #enter(audience: LoadAudience, { agentId, load, lastHeartbeatMs }: AgentRecord): FollowedAgent {
    let agent = this.#agents.get(agentId)
    if (agent === undefined) {
      const [atMs, number] = [lastHeartbeatMs, numberOf(load)]
      agent = { agentId, load: number, atMs, sent: number, isWaiting: false, audiences: [] }
      this.#agents.set(agentId, agent)
      const report = this.#unlisted.get(agentId) ?? this.#olderUnlisted.get(agentId)
      if (report && !isLate(agent, report.atMs)) {
        this.#update(agent, numberOf(report.load), report.atMs)
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

  /** Applies the load of a record. With equal times, the reported load is newer. */
  #updateFrom({ load, lastHeartbeatMs }: AgentRecord, agent: FollowedAgent): void {
    const isNewer = lastHeartbeatMs !== agent.atMs && !isLate(agent, lastHeartbeatMs)
    this.#update(
      agent,
      isNewer ? numberOf(load) : agent.load,
      isNewer ? lastHeartbeatMs : agent.atMs,
    )
  }

  #update(agent: FollowedAgent, load: number, atMs: number): void {
    agent.load = load
    agent.atMs = atMs
    if (agent.isWaiting || !hasChanged(agent.sent, load)) return
    agent.isWaiting = true
    this.#waiting.push(agent)
  }
}

/** Whether a newer load is already known than one reported at the given time. */
function isLate(agent: FollowedAgent, atMs: number): boolean {
  const lateMs = agent.atMs - atMs
  return lateMs > 0 && lateMs <= MAX_DELAY_MS
}

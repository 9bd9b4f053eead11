import type { AgentCard } from '../../domain/agent-card.ts'
import type { AgentRegistration } from '../../domain/agent-registration.ts'
import type { Caller } from '../../domain/caller.ts'
import type { ChangeCondition } from '../../domain/change-condition.ts'
import type { Heartbeat } from '../../domain/heartbeat.ts'
import type { TransitionType } from '../../domain/transition.ts'
import type { ManualClock } from '../manual-clock.ts'
import {
  type NaiveAgent,
  naiveSummaryOf,
  stateOfNaiveAgent,
  ttlMs,
  visible,
  withDefaults,
} from './naive-agent.ts'
import { NaiveBrake } from './naive-brake.ts'
import { naiveActorOf, naivelyMayChange, naiveOwnerOf, naiveSenderOf } from './naive-callers.ts'
import { NaiveMaintenance } from './naive-maintenance.ts'

/** What becomes of a change: made, or refused, and why. */
export type Accepted = 'ok' | 'unknown' | 'owned' | 'superseded'

/** A transition in the model. */
export interface NaiveTransition {
  readonly type: TransitionType
  readonly agentId: string
  readonly actor: string | null
  /** The filterable state of the agent before, with metadata as given. */
  readonly before: Record<string, unknown> | undefined
}

/**
 * A naive implementation of the contract: a map, and the state table of a lease. It shares no code with
 * the stores; where they disagree, one of them is wrong.
 */
export class NaiveRegistry {
  readonly agents = new Map<string, NaiveAgent>()
  readonly #clock: ManualClock
  readonly #transitions: NaiveTransition[] = []
  readonly maintenance = new NaiveMaintenance()
  readonly #brake: NaiveBrake

  constructor(clock: ManualClock, options: { isBraked: boolean }) {
    this.#clock = clock
    this.#brake = new NaiveBrake({ isEnabled: options.isBraked })
  }

  add(registration: AgentRegistration, caller?: Caller): Accepted {
    const { agentId } = registration
    const refusal = this.#refusalOf(agentId, { caller })
    if (refusal === 'owned') return refusal
    this.#renew(registration, { actor: naiveActorOf(caller), owner: naiveOwnerOf(caller) })
    return 'ok'
  }

  /** Returns why a change is not made; undefined: it is. */
  #refusalOf(agentId: string, { caller, instanceId }: ChangeCondition): Accepted | undefined {
    const agent = this.agents.get(agentId)
    if (agent === undefined) return 'unknown'
    if (!naivelyMayChange(agent, caller)) return 'owned'
    if (instanceId !== undefined && instanceId !== agent.fields.instanceId) return 'superseded'
    return undefined
  }

  #renew(
    registration: AgentRegistration,
    { actor, owner }: { actor: string | null; owner: string | null },
  ): void {
    const { agentId } = registration
    const before = this.#settled(agentId)
    const fields = withDefaults(registration, before)
    const isSame = before?.fields.instanceId === fields.instanceId
    const after: NaiveAgent = {
      fields,
      registeredAtMs: before?.registeredAtMs ?? this.#clock.wallMs(),
      updatedAtMs: before?.updatedAtMs ?? this.#clock.wallMs(),
      lastHeartbeatMs: this.#clock.wallMs(),
      wallSteppedSince: false,
      deadline: this.#clock.monotonicMs() + ttlMs(fields),
      expired: false,
      suspect: false,
      maintenance: this.maintenance.of(agentId),
      revision: before?.revision ?? 0,
      incarnation: (before?.incarnation ?? 0) + (isSame ? 0 : 1),
      owner: before?.owner ?? owner,
    }
    this.agents.set(agentId, after)
    if (before === undefined) this.#record('registered', agentId, { before, actor })
    else if (before.expired) this.#record('revived', agentId, { before, actor })
    else if (!isSame) this.#record('replaced', agentId, { before, actor })
    else if (visible(before) !== visible(after)) this.#record('updated', agentId, { before, actor })
  }

  /** Returns what becomes of a heartbeat, which is a registration without changes. */
  heartbeat({ agentId, status, load, ...condition }: Heartbeat): Accepted {
    const refusal = this.#refusalOf(agentId, condition)
    if (refusal !== undefined) return refusal
    const agent = this.agents.get(agentId) as NaiveAgent
    const fields = {
      ...agent.fields,
      status: status ?? agent.fields.status,
      load: load ?? agent.fields.load,
    }
    this.#renew(fields as AgentRegistration, { actor: naiveActorOf(condition.caller), owner: null })
    return 'ok'
  }

  /** Returns what becomes of each heartbeat. Several of one instance are applied as one. */
  heartbeats(heartbeats: readonly Heartbeat[]): Accepted[] {
    const isLast = (heartbeat: Heartbeat, at: number) =>
      heartbeats.findLastIndex((other) => isFromSame(other, heartbeat)) === at
    const outcomes = new Map<string, Accepted>()
    for (const last of heartbeats.filter(isLast)) {
      const { agentId, instanceId, caller } = last
      const all = heartbeats.filter((heartbeat) => isFromSame(heartbeat, last))
      const status = all.findLast((heartbeat) => heartbeat.status !== undefined)?.status
      const load = all.findLast((heartbeat) => heartbeat.load !== undefined)?.load
      outcomes.set(
        naiveSenderOf(last),
        this.heartbeat({ agentId, status, load, instanceId, caller }),
      )
    }
    return heartbeats.map((heartbeat) => outcomes.get(naiveSenderOf(heartbeat)) as Accepted)
  }

  delete(agentId: string, condition: ChangeCondition): Accepted {
    const refusal = this.#refusalOf(agentId, condition)
    if (refusal !== undefined) return refusal
    const before = this.#settled(agentId) as NaiveAgent
    this.#record('deregistered', agentId, { before, actor: naiveActorOf(condition.caller) })
    this.agents.delete(agentId)
    return 'ok'
  }

  /** Replaces or removes the card of an agent, which renews no lease. */
  setCard(agentId: string, card: AgentCard | null, condition: ChangeCondition): Accepted {
    const refusal = this.#refusalOf(agentId, condition)
    if (refusal !== undefined) return refusal
    const before = this.#settled(agentId) as NaiveAgent
    const isSame =
      JSON.stringify(naiveSummaryOf(before.fields.card)) === JSON.stringify(naiveSummaryOf(card))
    if (isSame) return 'ok'
    this.#record('updated', agentId, { before, actor: naiveActorOf(condition.caller) })
    before.fields = { ...before.fields, card }
    return 'ok'
  }

  /** Sets the maintenance of a pattern, or ends it; returns whether there was an entry. */
  changeMaintenance(pattern: string, decision: { reason: string; by: string } | null): boolean {
    const existed = this.maintenance.change(pattern, decision, this.#clock.wallMs())
    for (const agentId of [...this.agents.keys()]) {
      const next = this.maintenance.of(agentId)
      if (JSON.stringify(next) === JSON.stringify(this.agents.get(agentId)?.maintenance)) continue
      const before = this.#settled(agentId) as NaiveAgent
      this.#record('updated', agentId, { before })
      before.maintenance = next
    }
    return existed
  }

  sweep(): number {
    const all = [...this.agents.values()]
    const comingDue = all.filter(({ fields }) => this.#isDue(fields.agentId))
    this.#brake.judge(this.#clock.monotonicMs(), all, comingDue)
    const due = [...this.agents.keys()].filter((id) => this.#isDue(id))
    return due.filter((agentId) => this.#afterExpiry(agentId)?.expired).length
  }

  cleanup(): number {
    this.sweep()
    const expired = [...this.agents].filter(([, agent]) => agent.expired)
    for (const [agentId, before] of expired) {
      this.#record('removed', agentId, { before })
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

  /** Restarts the store after it was down: live leases keep their remaining time, or get the grace. */
  restart(awayMs: number, options: { graceMs: number; keepsBrake: boolean }): void {
    this.#brake.restart(awayMs, options.keepsBrake)
    const now = this.#clock.monotonicMs()
    for (const agent of this.agents.values()) {
      // The stored value depends on whether it was written before or after the step.
      if (agent.wallSteppedSince) agent.lastHeartbeatMs = undefined
      const left = agent.deadline - (now - awayMs)
      if (left > 0)
        agent.deadline = now + Math.max(left, Math.min(ttlMs(agent.fields), options.graceMs))
    }
  }

  isAlive(agentId: string): boolean {
    const agent = this.agents.get(agentId)
    return agent !== undefined && this.#clock.monotonicMs() < agent.deadline
  }

  isLapsed(agentId: string): boolean {
    return !this.isAlive(agentId) && this.agents.get(agentId)?.expired === false
  }

  /** Whether the brake is on. */
  get isBraked(): boolean {
    return this.#brake.endsAt(this.#clock.monotonicMs()) !== undefined
  }

  /** Whether the sweep looks at the agent: while the brake is on, shortly before the deadline. */
  #isDue(agentId: string): boolean {
    const agent = this.agents.get(agentId)
    if (agent === undefined || agent.expired) return false
    const lead = this.isBraked && !agent.suspect ? 250 : 0
    return agent.deadline - lead <= this.#clock.monotonicMs()
  }

  /** Returns the transitions since the last call. */
  takeTransitions(): NaiveTransition[] {
    return this.#transitions.splice(0)
  }

  /** As {@link #afterExpiry}, for an operation on the agent: it settles only a lease that has lapsed. */
  #settled(agentId: string): NaiveAgent | undefined {
    return this.isLapsed(agentId) ? this.#afterExpiry(agentId) : this.agents.get(agentId)
  }

  /** Returns the agent, after recording its expiry if it is due, or that it is held back. */
  #afterExpiry(agentId: string): NaiveAgent | undefined {
    const agent = this.agents.get(agentId)
    if (agent === undefined || !this.#isDue(agentId)) return agent
    const heldUntil = agent.suspect ? undefined : this.#brake.endsAt(this.#clock.monotonicMs())
    this.#record(heldUntil === undefined ? 'expired' : 'updated', agentId, { before: agent })
    if (heldUntil === undefined) agent.expired = true
    else Object.assign(agent, { suspect: true, deadline: heldUntil })
    return agent
  }

  #record(
    type: TransitionType,
    agentId: string,
    { before, actor = null }: { before: NaiveAgent | undefined; actor?: string | null },
  ): void {
    const state = before && stateOfNaiveAgent(before)
    this.#transitions.push({ type, agentId, actor, before: state })
  }
}

function isFromSame(a: Heartbeat, b: Heartbeat): boolean {
  return naiveSenderOf(a) === naiveSenderOf(b)
}

import { actorOf, ownerOf } from './caller.ts'
import { cardAfter, cardToWrite, profileWithCard } from './card-change.ts'
import type { Refusal } from './change-condition.ts'
import { HOLD_LEAD_MS, heldUntil } from './expiry-brake.ts'
import { callerOf, type Intent, type PerformedIntent, refusalOfIntent } from './intent.ts'
import { copyLease, type Lease } from './lease.ts'
import { LEASE_RULES, type LeaseRule, type LeaseState } from './lease-rules.ts'
import { type LeaseTimes, toAgentRecord } from './lease-views.ts'
import type { Maintenance } from './maintenance.ts'
import { type LeaseTime, later } from './time-scales.ts'
import type { PreviousState, Transition } from './transition.ts'
import { describeChanges, reasonOf } from './transition-reason.ts'

/** The next state of a lease. The committer may still complete it until it is committed. */
export type PlannedLease = { -readonly [Field in keyof Lease]: Lease[Field] }

/** One row to write: the new state of the agent or its removal, and the transition, if any. */
export interface Change {
  /** After the change; as it last was if it is gone. */
  readonly lease: PlannedLease
  /** The agent is removed. */
  readonly gone: boolean
  /** Undefined: nothing visible changed. */
  readonly transition: Transition | undefined
  /** The text of the card to keep from now on; null: its card is removed; undefined: it stays as it is. */
  readonly card: string | null | undefined
}

/**
 * Computes the effect of a group of intents without applying it. Each intent sees the effect of the
 * earlier ones in the group, and nothing else does: if the group cannot be written, it never
 * happened.
 */
export class TransitionBatch {
  /** In order; an agent may have several. */
  readonly changes: Change[] = []
  readonly #find: (agentId: string) => Lease | undefined
  readonly #times: LeaseTimes
  readonly #now: LeaseTime
  /** When the brake on mass expiry ends; undefined: it is off. */
  readonly #brakeEndsAt: LeaseTime | undefined
  readonly #maintenanceOf: (agentId: string) => Maintenance | null
  /** The same moment, as Unix time. */
  readonly #wallNow: number
  readonly #states = new Map<string, PlannedLease | null>()
  #revision: number

  /**
   * Begins a batch at one moment.
   *
   * @param options.find looks up an agent as it was before the batch
   * @param options.revision the revision of the last transition before the batch
   * @param options.maintenanceOf returns what an operator has decided about an agent; default: nothing
   * @param options.brakeEndsAt when the brake on mass expiry ends; undefined, or past: it is off
   */
  constructor(options: {
    find: (agentId: string) => Lease | undefined
    times: LeaseTimes
    revision: number
    maintenanceOf?: ((agentId: string) => Maintenance | null) | undefined
    brakeEndsAt?: LeaseTime | undefined
  }) {
    this.#find = options.find
    this.#times = options.times
    this.#now = options.times.now()
    this.#wallNow = options.times.beatToWall(options.times.toBeat(this.#now))
    this.#revision = options.revision
    this.#maintenanceOf = options.maintenanceOf ?? (() => null)
    const { brakeEndsAt } = options
    this.#brakeEndsAt = brakeEndsAt && brakeEndsAt > this.#now ? brakeEndsAt : undefined
  }

  /** The changed agents as they are after the batch; null for a removed one. */
  get states(): ReadonlyMap<string, PlannedLease | null> {
    return this.#states
  }

  /** The registry revision after the batch. */
  get revision(): number {
    return this.#revision
  }

  /** The transitions, oldest first. */
  get transitions(): Transition[] {
    return this.changes.flatMap(({ transition }) => transition ?? [])
  }

  /**
   * Adds an intent.
   *
   * @returns the agent after it (for a removal, its last state); a refusal when the condition of the
   *   intent is not met; undefined when the intent needs an agent that does not exist, or comes too late
   *   to have an effect
   */
  add(intent: Intent): Lease | Refusal | undefined {
    const before = this.#current(intent.agentId)
    const refusal = refusalOfIntent(intent, before)
    if (refusal) return refusal
    if (intent.event === 'lapse') return this.#lapse(intent.agentId, before)
    // Independent of the sweep: any event that arrives past the deadline finds the lease lapsed.
    if (before && !before.expired && before.deadline <= this.#now) {
      this.#lapse(intent.agentId, before)
    }
    return this.#perform(intent, this.#current(intent.agentId))
  }

  /** Expires a lease that is due, or holds it back while the brake is on. A suspect is never held again. */
  #lapse(agentId: string, before: Lease | undefined): Lease | undefined {
    const isHeld = this.#brakeEndsAt !== undefined && before?.suspect === false
    const dueBy = isHeld ? later(this.#now, HOLD_LEAD_MS) : this.#now
    if (before && before.deadline > dueBy) return undefined
    return this.#perform({ agentId, event: isHeld ? 'hold' : 'lapse' }, before)
  }

  #perform(intent: PerformedIntent, before: Lease | undefined): Lease | undefined {
    const rule = ruleFor(intent, before)
    if (typeof rule === 'string') return undefined
    const next = this.#next(intent, before)
    const changes = before && describeChanges(before, next)
    if (rule.onlyIfChanged && changes?.length === 0) {
      // The lease follows already: it is not even renewed.
      if (intent.event === 'maintain') return undefined
      if (intent.event === 'setCard') return before
      this.#record({ lease: next, gone: false, transition: undefined, card: undefined })
      return next
    }
    next.revision = ++this.#revision
    next.updatedAtMs = this.#wallNow
    const reason = reasonOf(rule.transition, {
      intent,
      before,
      changes,
      silentMs: before ? this.#times.toBeat(this.#now) - before.lastBeat : 0,
    })
    const gone = rule.next === 'absent'
    this.#record({
      lease: next,
      gone,
      transition: {
        revision: next.revision,
        type: rule.transition,
        agentId: next.agentId,
        atMs: this.#wallNow,
        reason,
        actor: actorOf(callerOf(intent)),
        agent: toAgentRecord(next, this.#times, { now: this.#now }),
        before: before && stateOfLease(before),
      },
      card: cardToWrite(intent, { before, gone }),
    })
    return next
  }

  /** Returns the state after an intent that the rules allow. */
  #next(intent: PerformedIntent, before: Lease | undefined): PlannedLease {
    switch (intent.event) {
      case 'register':
        return this.#renewed(intent.agentId, {
          before,
          profile: profileWithCard(intent.profile, cardAfter(intent.card, before)),
          status: intent.status ?? before?.status ?? 'ready',
          load: intent.load === undefined ? (before?.load ?? null) : intent.load,
          instanceId: intent.instanceId,
          owner: before?.owner ?? ownerOf(intent.caller),
        })
      case 'heartbeat': {
        const lease = before as Lease
        return this.#renewed(intent.agentId, {
          before,
          profile: lease.profile,
          status: intent.report.status ?? lease.status,
          load: intent.report.load ?? lease.load,
          instanceId: lease.instanceId,
          owner: lease.owner,
        })
      }
      case 'hold': {
        const lease = before as Lease
        const endsAt = this.#brakeEndsAt as LeaseTime
        const deadline = heldUntil(lease, { now: this.#now, endsAt })
        return { ...copyLease(lease), suspect: true, deadline }
      }
      case 'setCard': {
        const lease = before as Lease
        const profile = profileWithCard(lease.profile, cardAfter(intent.card, lease))
        return { ...copyLease(lease), profile }
      }
      case 'maintain': {
        const maintenance = this.#maintenanceOf(intent.agentId)
        return { ...copyLease(before as Lease), maintenance }
      }
      case 'lapse':
        return { ...copyLease(before as Lease), expired: true }
      case 'cleanup':
      case 'deregister':
        return copyLease(before as Lease)
    }
  }

  #renewed(
    agentId: string,
    fields: Pick<Lease, 'profile' | 'status' | 'load' | 'instanceId' | 'owner'> & {
      before: Lease | undefined
    },
  ): PlannedLease {
    return {
      agentId,
      profile: fields.profile,
      status: fields.status,
      load: fields.load,
      instanceId: fields.instanceId,
      incarnation: incarnationAfter(fields.before, fields.instanceId),
      owner: fields.owner,
      registeredAtMs: fields.before?.registeredAtMs ?? this.#wallNow,
      updatedAtMs: fields.before?.updatedAtMs ?? this.#wallNow,
      lastBeat: this.#times.toBeat(this.#now),
      deadline: later(this.#now, fields.profile.ttlSeconds * 1000),
      expired: false,
      suspect: false,
      maintenance: this.#maintenanceOf(agentId),
      revision: fields.before?.revision ?? 0,
    }
  }

  #record(change: Change): void {
    const { lease, gone } = change
    this.#states.set(lease.agentId, gone ? null : lease)
    this.changes.push(change)
  }

  #current(agentId: string): Lease | undefined {
    const own = this.#states.get(agentId)
    return own === undefined ? this.#find(agentId) : (own ?? undefined)
  }
}

/** A registration by another instance is always visible, even if it changes nothing else. */
const TAKEOVER: LeaseRule = { next: 'alive', transition: 'replaced' }

function ruleFor(intent: PerformedIntent, before: Lease | undefined): LeaseRule {
  const state = stateOf(before)
  const isTakeover =
    (state === 'alive' || state === 'suspect') &&
    intent.event === 'register' &&
    intent.instanceId !== before?.instanceId
  return isTakeover ? TAKEOVER : LEASE_RULES[state][intent.event]
}

function incarnationAfter(before: Lease | undefined, instanceId: string | null): number {
  if (before === undefined) return 1
  return before.instanceId === instanceId ? before.incarnation : before.incarnation + 1
}

function stateOf(lease: Lease | undefined): LeaseState {
  if (lease === undefined) return 'absent'
  if (lease.expired) return 'expired'
  return lease.suspect ? 'suspect' : 'alive'
}

function stateOfLease({ profile, ...lease }: Lease): PreviousState {
  const { agentName, capabilities, details, tags, card, metadata } = profile
  const { status, suspect, maintenance, expired, owner } = lease
  const state = { status, suspect, maintenance, alive: !expired, owner }
  return { agentName, capabilities, details, tags, card, metadata, ...state }
}

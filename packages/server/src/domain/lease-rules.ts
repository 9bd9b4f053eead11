import type { TransitionType } from './transition.ts'

/** The states of a lease. */
export type LeaseState = 'absent' | 'alive' | 'suspect' | 'expired'

/**
 * The events that can happen to a lease. `hold`: it would lapse, but the brake on mass expiry is on.
 * `setCard`: the card of the agent is replaced or removed, which renews no lease.
 * `maintain`: an operator may have decided about the agent, and the lease follows.
 */
export type LeaseEvent =
  | 'register'
  | 'heartbeat'
  | 'hold'
  | 'lapse'
  | 'maintain'
  | 'setCard'
  | 'cleanup'
  | 'deregister'

/** The effect of an event in a state. */
export type LeaseRule =
  | {
      readonly next: LeaseState
      readonly transition: TransitionType
      /** No transition when nothing visible changed; the lease is renewed nevertheless. */
      readonly onlyIfChanged?: true
    }
  /** The caller learns that the agent is unknown. */
  | 'not found'
  /** The event is late or a duplicate: nothing happens. */
  | 'ignored'

/**
 * The complete state machine of a lease: every event in every state. A lease that is past its
 * deadline when any event arrives lapses first, so the outcome never depends on when the sweep ran.
 */
export const LEASE_RULES: Readonly<Record<LeaseState, Readonly<Record<LeaseEvent, LeaseRule>>>> = {
  absent: {
    register: { next: 'alive', transition: 'registered' },
    heartbeat: 'not found',
    hold: 'ignored',
    lapse: 'ignored',
    maintain: 'ignored',
    setCard: 'not found',
    cleanup: 'ignored',
    deregister: 'not found',
  },
  alive: {
    register: { next: 'alive', transition: 'updated', onlyIfChanged: true },
    heartbeat: { next: 'alive', transition: 'updated', onlyIfChanged: true },
    hold: { next: 'suspect', transition: 'updated' },
    lapse: { next: 'expired', transition: 'expired' },
    maintain: { next: 'alive', transition: 'updated', onlyIfChanged: true },
    setCard: { next: 'alive', transition: 'updated', onlyIfChanged: true },
    cleanup: 'ignored',
    deregister: { next: 'absent', transition: 'deregistered' },
  },
  suspect: {
    register: { next: 'alive', transition: 'updated' },
    heartbeat: { next: 'alive', transition: 'updated' },
    // Each silence is held back once, so the brake cannot keep a dead agent for good.
    hold: 'ignored',
    lapse: { next: 'expired', transition: 'expired' },
    maintain: { next: 'suspect', transition: 'updated', onlyIfChanged: true },
    setCard: { next: 'suspect', transition: 'updated', onlyIfChanged: true },
    cleanup: 'ignored',
    deregister: { next: 'absent', transition: 'deregistered' },
  },
  expired: {
    register: { next: 'alive', transition: 'revived' },
    heartbeat: { next: 'alive', transition: 'revived' },
    hold: 'ignored',
    lapse: 'ignored',
    maintain: { next: 'expired', transition: 'updated', onlyIfChanged: true },
    setCard: { next: 'expired', transition: 'updated', onlyIfChanged: true },
    cleanup: { next: 'absent', transition: 'removed' },
    deregister: { next: 'absent', transition: 'deregistered' },
  },
}

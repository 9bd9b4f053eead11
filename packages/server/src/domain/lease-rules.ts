import type { TransitionType } from './transition.ts'

/** The states of a lease. */
export type LeaseState = 'absent' | 'alive' | 'expired'

/** The events that can happen to a lease. */
export type LeaseEvent = 'register' | 'heartbeat' | 'lapse' | 'cleanup' | 'deregister'

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
    lapse: 'ignored',
    cleanup: 'ignored',
    deregister: 'not found',
  },
  alive: {
    register: { next: 'alive', transition: 'updated', onlyIfChanged: true },
    heartbeat: { next: 'alive', transition: 'updated', onlyIfChanged: true },
    lapse: { next: 'expired', transition: 'expired' },
    cleanup: 'ignored',
    deregister: { next: 'absent', transition: 'deregistered' },
  },
  expired: {
    register: { next: 'alive', transition: 'revived' },
    heartbeat: { next: 'alive', transition: 'revived' },
    lapse: 'ignored',
    cleanup: { next: 'absent', transition: 'removed' },
    deregister: { next: 'absent', transition: 'deregistered' },
  },
}

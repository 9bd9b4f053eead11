import type { TransitionType } from './transition.ts'

/** Where an agent is in its life. */
export type LeaseState = 'absent' | 'alive' | 'expired'

/** What can happen to it. */
export type LeaseEvent = 'register' | 'heartbeat' | 'lapse' | 'cleanup' | 'deregister'

/** What an event does in a state. */
export type LeaseRule =
  | {
      readonly next: LeaseState
      readonly transition: TransitionType
      /** No transition when nothing visible changed; the lease is renewed all the same. */
      readonly onlyIfChanged?: true
    }
  /** The caller is told that there is no such agent. */
  | 'not found'
  /** It came too late, or twice: nothing happens. */
  | 'ignored'

/**
 * The life of a lease, total: every event in every state. A lease that is past its deadline when
 * any event arrives lapses first, so the outcome never depends on when the sweep ran.
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

import { DEFAULTS } from '../limits/defaults.ts'
import type { Lease } from './lease.ts'
import { type LeaseTime, later } from './time-scales.ts'

// The brake on mass expiry: when most of a fleet falls silent at once, it is probably not the agents. The
// rule and its reasons are in docs/decisions/0019-mass-expiry-brake.md.

/** A lease is late when no more than its TTL divided by this is left: two heartbeats were missed. */
export const LATE_TTL_DIVISOR = 3
/** The fleet is counted again once this share of the living has come due: bounds the cost per lapse. */
export const COUNT_EVERY_SHARE = 1 / 64
/** Milliseconds between two counts while the brake is on. */
export const RECOUNT_MS = 5000
/** The brake ends below this share of the fraction that engages it, so that it does not switch back and forth. */
export const RELEASE_SHARE = 1 / 2
/** Milliseconds before its deadline at which a lease is held, so that no read shows it as expired meanwhile. */
export const HOLD_LEAD_MS = 250
/** Share of the held leases that expire before the end of the brake. */
const TRICKLE_SHARE = 1 / 10

/** When and for how long the brake on mass expiry holds leases back. */
export interface BrakeOptions {
  /**
   * Share of the living agents, 0 to 1, above which they count as silent for a common reason; 0: the brake
   * is off. Default 0.5.
   */
  readonly brakeFraction?: number | undefined
  /** Fewest agents that count as a mass, at least 1; default 20. */
  readonly brakeMinimum?: number | undefined
  /** Most seconds for which it holds leases; default 300. */
  readonly brakeMaxSeconds?: number | undefined
}

/** The numbers of agents by which the brake is judged. */
export interface BrakeCounts {
  /** Expiry not recorded, and not suspect. */
  readonly living: number
  /** Of the living, those whose lease is late; see {@link isLate}. */
  readonly late: number
  /** Held back. */
  readonly suspect: number
}

/** The brake while it is on, as it is reported. */
export interface BrakeState {
  /** Unix time in milliseconds at which it engaged. */
  readonly sinceMs: number
  /** Unix time in milliseconds at which it ends, if heartbeats do not return before. */
  readonly endsAtMs: number
  /** Why it engaged, for humans. */
  readonly reason: string
}

/** The rule of the brake, with its settings. Holds no state. */
export class BrakeRule {
  /** 0: the brake is off. */
  readonly fraction: number
  /** Fewest agents that count as a mass. */
  readonly minimum: number
  /** Milliseconds for which the brake stays on at most. */
  readonly maxMs: number

  constructor(options: BrakeOptions = {}) {
    this.maxMs = (options.brakeMaxSeconds ?? DEFAULTS.brakeMaxSeconds) * 1000
    this.fraction = this.maxMs > 0 ? (options.brakeFraction ?? DEFAULTS.brakeFraction) : 0
    this.minimum = options.brakeMinimum ?? DEFAULTS.brakeMinimum
  }

  /** Whether the brake can engage at all. */
  get isEnabled(): boolean {
    return this.fraction > 0
  }

  /**
   * Whether so many agents are silent that it is probably not the agents.
   *
   * @param recentlyExpired see {@link RecentExpiries}
   */
  mustEngage({ living, late }: BrakeCounts, recentlyExpired: number): boolean {
    const fleet = living + recentlyExpired
    return this.isEnabled && late >= this.minimum && late > this.fraction * fleet
  }

  /** Whether enough agents are heard again. */
  mayRelease({ living, late, suspect }: BrakeCounts): boolean {
    const silent = late + suspect
    return silent < this.minimum || silent <= this.fraction * RELEASE_SHARE * (living + suspect)
  }
}

/** Leases that are about to expire. */
export interface DueLeases {
  /** How many. */
  readonly count: number
  /** Sum of their TTLs in milliseconds. */
  readonly ttlMs: number
}

/**
 * Counts the agents that expired on time within about a TTL; each weighs less the longer ago it was. The brake
 * counts them as part of the fleet. Otherwise the last agents of a fleet that shrinks steadily would be a mass:
 * with a constant number of late ones, their share of the living grows to all.
 */
export class RecentExpiries {
  #weight = 0
  /** Mean TTL of the counted: after this time, a weight is a third. */
  #meanTtlMs = 1
  #at = 0

  /** Returns how many count at a moment. */
  count(now: LeaseTime): number {
    return this.#weight * Math.exp((this.#at - now) / this.#meanTtlMs)
  }

  /** Adds leases that expire now. */
  add({ count, ttlMs }: DueLeases, now: LeaseTime): void {
    const before = this.count(now)
    this.#weight = before + count
    this.#meanTtlMs = (before * this.#meanTtlMs + ttlMs) / this.#weight
    this.#at = now
  }
}

/** Whether the lease has so little time left that heartbeats must have been missed. */
export function isLate({ deadline, profile }: Lease, now: LeaseTime): boolean {
  return deadline <= now + (profile.ttlSeconds * 1000) / LATE_TTL_DIVISOR
}

/**
 * Returns the deadline that the brake grants to a lease: the end of the brake, or for a few leases a
 * moment before it. Which and when is random, but fixed by the agent and its revision, so that a batch that
 * is planned again comes to the same.
 */
export function heldUntil(
  { agentId, revision }: Lease,
  { now, endsAt }: { now: LeaseTime; endsAt: LeaseTime },
): LeaseTime {
  const place = randomShare(`${agentId} ${revision}`) / TRICKLE_SHARE
  return place < 1 ? later(now, Math.ceil(place * (endsAt - now))) : endsAt
}

/** Describes why the brake engaged. */
export function brakeReason({ living, late }: Pick<BrakeCounts, 'living' | 'late'>): string {
  return (
    `${late} of ${living} live agents fell silent at once, so the cause is probably the network or the ` +
    'registry; their expiry is held back'
  )
}

/** A number from 0 to below 1 that is fixed by a text: FNV-1a with the finalizer of MurmurHash3. */
function randomShare(text: string): number {
  let state = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    state = Math.imul(state ^ text.charCodeAt(at), 0x01000193)
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32
}

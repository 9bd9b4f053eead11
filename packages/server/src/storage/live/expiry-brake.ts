import {
  type BrakeCounts,
  type BrakeOptions,
  BrakeRule,
  type BrakeState,
  brakeReason,
  COUNT_EVERY_SHARE,
  type DueLeases,
  RECOUNT_MS,
  RecentExpiries,
} from '../../domain/expiry-brake.ts'
import { type LeaseTime, later } from '../../domain/time-scales.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import type { LeaseClock } from './lease-clock.ts'
import { countLate } from './table/lease-counts.ts'
import type { LeaseTable } from './table/lease-table.ts'

/** The brake while it is on. */
interface Engaged {
  readonly since: LeaseTime
  readonly endsAt: LeaseTime
  readonly reason: string
  /** When the fleet was last counted. */
  countedAt: LeaseTime
}

/**
 * The brake on mass expiry of a registry in memory. Its state is not stored: after a restart the fleet is judged
 * anew, and suspects keep their deadlines.
 */
export class LiveExpiryBrake {
  readonly #rule: BrakeRule
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #slices = new TimeSlices()
  #engaged: Engaged | undefined
  readonly #recentExpiries = new RecentExpiries()
  /** Leases that came due since the last count. */
  #dueSinceCount = 0

  constructor(parts: BrakeOptions & { clock: LeaseClock; table: LeaseTable }) {
    this.#rule = new BrakeRule(parts)
    this.#clock = parts.clock
    this.#table = parts.table
  }

  /** Whether the brake is on, or has ended since the last sweep. Cheap: each heartbeat asks. */
  get isEngaged(): boolean {
    return this.#engaged !== undefined
  }

  /** Lease time at which the brake ends; undefined: it is off. */
  endsAt(now = this.#clock.now()): LeaseTime | undefined {
    if (this.#engaged && this.#engaged.endsAt <= now) this.#engaged = undefined
    return this.#engaged?.endsAt
  }

  /** The brake as it is reported; undefined: it is off. */
  get state(): BrakeState | undefined {
    if (this.endsAt() === undefined || this.#engaged === undefined) return undefined
    const { since, endsAt, reason } = this.#engaged
    const toWall = (time: LeaseTime) => this.#clock.deadlineToWall(time)
    return { sinceMs: toWall(since), endsAtMs: toWall(endsAt), reason }
  }

  /**
   * Judges the brake before leases that have come due expire.
   *
   * @param due without suspects
   */
  async judge(now: LeaseTime, due: DueLeases): Promise<void> {
    if (this.endsAt(now) !== undefined) await this.#reconsider(now)
    else if (due.count > 0 && this.#rule.isEnabled) await this.#consider(now, due)
  }

  async #consider(now: LeaseTime, due: DueLeases): Promise<void> {
    this.#dueSinceCount += due.count
    if (this.#dueSinceCount >= this.#table.size * COUNT_EVERY_SHARE) {
      this.#dueSinceCount = 0
      const counts = await this.#count(now)
      if (this.#rule.mustEngage(counts, this.#recentExpiries.count(now))) {
        this.#engage(now, counts)
        return
      }
    }
    this.#recentExpiries.add(due, now)
  }

  #engage(now: LeaseTime, counts: BrakeCounts): void {
    const endsAt = later(now, this.#rule.maxMs)
    this.#engaged = { since: now, endsAt, reason: brakeReason(counts), countedAt: now }
  }

  async #reconsider(now: LeaseTime): Promise<void> {
    if (this.#engaged === undefined || now - this.#engaged.countedAt < RECOUNT_MS) return
    this.#engaged.countedAt = now
    if (this.#rule.mayRelease(await this.#count(now))) this.#engaged = undefined
  }

  /** Counts in time slices: a million leases take tens of milliseconds. */
  async #count(now: LeaseTime): Promise<BrakeCounts> {
    const work = this.#slices.begin()
    try {
      return await countLate(this.#table.all, now, work)
    } finally {
      work.end()
    }
  }
}

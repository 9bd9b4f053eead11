import { type Clock, systemClock } from '../../domain/clock.ts'
import type { LeaseTimes } from '../../domain/lease-views.ts'
import { type BeatTime, beatTime, type LeaseTime, leaseTime } from '../../domain/time-scales.ts'

/**
 * A sweep later than this means that the registry was stalled. With the shortest TTL, one second, and
 * three heartbeats per TTL, a heartbeat has two thirds of a second to be read.
 */
const STALL_MS = 250
/** Smaller steps of the wall clock are noise; larger ones move the displayed times. */
const WALL_STEP_MS = 100

/**
 * Lease time, in whole milliseconds: it runs while the registry can receive heartbeats, and stands still
 * while it cannot (a stalled or stopped process). Deadlines are lease times, so a stall extends all
 * leases by changing one offset, and a step of the wall clock changes only the displayed times.
 */
export class LeaseClock implements LeaseTimes {
  readonly #clock: Clock
  /** lease time = monotonic time + this. Decreases with every stall. */
  #leaseOffset: number
  /** Unix time = monotonic time + this. */
  #wallOffset: number
  #sweepDueAt = Number.POSITIVE_INFINITY
  #lastReadAt = Number.NEGATIVE_INFINITY
  #stalledMs = 0
  #offsetVersion = 0
  /** Monotonic interval in which lease time stands still; undefined: it runs. */
  #held: { readonly from: number; readonly until: number } | undefined

  /**
   * Starts at a lease time.
   *
   * @param options.resumeAt lease time to continue from after a restart; default 0
   */
  constructor(options: { clock?: Clock | undefined; resumeAt?: LeaseTime | undefined } = {}) {
    this.#clock = options.clock ?? systemClock
    const monotonic = Math.floor(this.#clock.monotonicMs())
    this.#leaseOffset = (options.resumeAt ?? 0) - monotonic
    this.#wallOffset = Math.floor(this.#clock.wallMs()) - monotonic
  }

  now(): LeaseTime {
    const monotonic = this.#monotonic()
    return leaseTime((this.#held?.from ?? monotonic) + this.#leaseOffset)
  }

  /**
   * Pauses lease time for the next `ms` milliseconds. A call during a pause extends it; the time already
   * paused then moves the times of all leases.
   */
  hold(ms: number): void {
    const monotonic = this.#monotonic()
    this.#settleHold(monotonic)
    this.#held = { from: monotonic, until: monotonic + ms }
  }

  /**
   * Sets when to expect the next sweep. If it is more than 250 ms late, lease time stands still until it
   * runs. Reading the time meanwhile does not end the stall: in one long turn of the event loop some
   * clients are served while others wait.
   */
  expectSweepIn(ms: number): void {
    this.#sweepDueAt = this.#monotonic() + ms
  }

  /** Rewinds lease time to an earlier moment: no heartbeat could have been received since. */
  rewindTo(time: LeaseTime): void {
    this.#leaseOffset -= this.now() - time
    this.#offsetVersion++
  }

  /** Total milliseconds of all stalls. */
  get stalledMs(): number {
    return this.#stalledMs
  }

  /** Increments when the displayed times of past moments change: on a stall or a wall-clock step. */
  get offsetVersion(): number {
    return this.#offsetVersion
  }

  toBeat(time: LeaseTime): BeatTime {
    return beatTime(time - this.#leaseOffset)
  }

  beatToWall(beat: BeatTime): number {
    return beat + this.#wallOffset
  }

  /** The inverse of {@link beatToWall}, for heartbeats read from a store. */
  wallToBeat(wallMs: number): BeatTime {
    return beatTime(wallMs - this.#wallOffset)
  }

  deadlineToWall(deadline: LeaseTime): number {
    return deadline - this.#leaseOffset + this.#wallOffset
  }

  #monotonic(): number {
    const monotonic = Math.floor(this.#clock.monotonicMs())
    // Time that was already read is not discounted: lease time never runs backwards.
    const stallMs = monotonic - Math.max(this.#sweepDueAt, this.#lastReadAt)
    const isStalled = monotonic - this.#sweepDueAt > STALL_MS && stallMs > 0
    if (isStalled) {
      // Time discounted as a stall is not part of the hold, which continues after it.
      const until = this.#held?.until ?? monotonic
      this.#settleHold(monotonic - stallMs)
      if (until > monotonic) this.#held = { from: monotonic, until }
    } else if (this.#held && monotonic >= this.#held.until) this.#settleHold(monotonic)
    this.#lastReadAt = monotonic
    if (isStalled) {
      this.#leaseOffset -= stallMs
      this.#stalledMs += stallMs
      this.#offsetVersion++
    }
    const wallOffset = Math.floor(this.#clock.wallMs()) - monotonic
    if (Math.abs(wallOffset - this.#wallOffset) > WALL_STEP_MS) {
      this.#wallOffset = wallOffset
      this.#offsetVersion++
    }
    return monotonic
  }

  /** Ends a hold, and discounts the part of it that has elapsed. */
  #settleHold(monotonic: number): void {
    if (this.#held === undefined) return
    const heldMs = Math.max(0, Math.min(monotonic, this.#held.until) - this.#held.from)
    this.#held = undefined
    this.#leaseOffset -= heldMs
    this.#stalledMs += heldMs
    this.#offsetVersion++
  }
}

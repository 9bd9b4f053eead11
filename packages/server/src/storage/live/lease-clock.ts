import { type Clock, systemClock } from '../../domain/clock.ts'
import type { LeaseTimes } from '../../domain/lease-views.ts'

/**
 * A sweep that is later than this means that the registry was not listening. An agent with the least
 * TTL, one second, that beats three times in it has two thirds of a second for a heartbeat to be read.
 */
const STALL_MS = 250
/** Steps of the wall clock below this are noise; above, the shown times follow it. */
const WALL_STEP_MS = 100

/**
 * Time as leases see it, in whole milliseconds: it runs while the registry listens and stands
 * still while it does not (a stalled process, a stopped one). Deadlines are points on it, so a
 * stall extends every lease of the fleet by moving one number, and a step of the wall clock
 * changes nothing but how the times are shown.
 */
export class LeaseClock implements LeaseTimes {
  readonly #clock: Clock
  /** lease time = monotonic time + this. Falls with every stall. */
  #leaseOffset: number
  /** Unix time = monotonic time + this. */
  #wallOffset: number
  #sweepDueAt = Number.POSITIVE_INFINITY
  #lastAsked = Number.NEGATIVE_INFINITY
  #stalledMs = 0
  #shifts = 0
  /** Monotonic times between which lease time stands still; undefined: it runs. */
  #held: { readonly from: number; readonly until: number } | undefined

  /**
   * Starts at a lease time.
   *
   * @param options.resumeAt lease time before a restart; default 0
   */
  constructor(options: { clock?: Clock | undefined; resumeAt?: number | undefined } = {}) {
    this.#clock = options.clock ?? systemClock
    const monotonic = Math.floor(this.#clock.monotonicMs())
    this.#leaseOffset = (options.resumeAt ?? 0) - monotonic
    this.#wallOffset = Math.floor(this.#clock.wallMs()) - monotonic
  }

  now(): number {
    const monotonic = this.#monotonic()
    return (this.#held?.from ?? monotonic) + this.#leaseOffset
  }

  /**
   * Lets lease time stand still for so many milliseconds from now on. Called again before they are
   * over, it prolongs them; what has passed by then shows in the times of all leases.
   */
  hold(ms: number): void {
    const monotonic = this.#monotonic()
    this.#settleHold(monotonic)
    this.#held = { from: monotonic, until: monotonic + ms }
  }

  /**
   * Says when to expect the next sweep. From more than 250 ms after that until it comes, time stands
   * still. That something else asks for the time meanwhile changes nothing: in one long turn of the
   * event loop some clients are served while others wait.
   */
  expectSweepIn(ms: number): void {
    this.#sweepDueAt = this.#monotonic() + ms
  }

  /** Takes back the time since a moment: nobody could have been heard in it. */
  takeBackSince(leaseTime: number): void {
    this.#leaseOffset -= this.now() - leaseTime
    this.#shifts++
  }

  /** Milliseconds of all stalls so far. */
  get stalledMs(): number {
    return this.#stalledMs
  }

  /** Changes whenever the shown times of old moments change: a stall or a wall-clock step. */
  get shifts(): number {
    return this.#shifts
  }

  toBeat(leaseTime: number): number {
    return leaseTime - this.#leaseOffset
  }

  beatToWall(beat: number): number {
    return beat + this.#wallOffset
  }

  /** The inverse of {@link beatToWall}, for heartbeats read from a store. */
  wallToBeat(wallMs: number): number {
    return wallMs - this.#wallOffset
  }

  deadlineToWall(deadline: number): number {
    return deadline - this.#leaseOffset + this.#wallOffset
  }

  #monotonic(): number {
    const monotonic = Math.floor(this.#clock.monotonicMs())
    // What ran on until someone last asked is not taken back: lease time never runs back.
    const silentMs = monotonic - Math.max(this.#sweepDueAt, this.#lastAsked)
    const isStalled = monotonic - this.#sweepDueAt > STALL_MS && silentMs > 0
    if (isStalled) {
      // What is taken back as a stall is no part of the hold, which goes on behind it.
      const until = this.#held?.until ?? monotonic
      this.#settleHold(monotonic - silentMs)
      if (until > monotonic) this.#held = { from: monotonic, until }
    } else if (this.#held && monotonic >= this.#held.until) this.#settleHold(monotonic)
    this.#lastAsked = monotonic
    if (isStalled) {
      this.#leaseOffset -= silentMs
      this.#stalledMs += silentMs
      this.#shifts++
    }
    const wallOffset = Math.floor(this.#clock.wallMs()) - monotonic
    if (Math.abs(wallOffset - this.#wallOffset) > WALL_STEP_MS) {
      this.#wallOffset = wallOffset
      this.#shifts++
    }
    return monotonic
  }

  /** Ends a hold: takes back what has passed of it. */
  #settleHold(monotonic: number): void {
    if (this.#held === undefined) return
    const heldMs = Math.max(0, Math.min(monotonic, this.#held.until) - this.#held.from)
    this.#held = undefined
    this.#leaseOffset -= heldMs
    this.#stalledMs += heldMs
    this.#shifts++
  }
}

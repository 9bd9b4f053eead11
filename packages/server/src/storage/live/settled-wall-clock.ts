import type { LeaseClock } from './lease-clock.ts'

/** Milliseconds after which a forward step of the wall clock is accepted. */
const ACCEPT_AFTER_MS = 3_600_000

/**
 * A wall clock that is safe to delete by: it follows a forward step only once that has lasted for an
 * hour. Otherwise a clock that is years ahead for some seconds would make all history old enough to
 * delete. It follows a step back immediately, because that only makes history younger.
 */
export class SettledWallClock {
  readonly #clock: LeaseClock
  /** Unix time = monotonic time + this. */
  #offset: number
  /** A larger offset, not accepted yet: the smallest seen since `since`, in monotonic time. */
  #ahead: { offset: number; since: number } | undefined

  constructor(clock: LeaseClock) {
    this.#clock = clock
    this.#offset = this.#read().offset
  }

  /** Returns Unix time in milliseconds. */
  now(): number {
    const { monotonic, offset } = this.#read()
    if (offset <= this.#offset) {
      this.#offset = offset
      this.#ahead = undefined
    } else {
      this.#ahead ??= { offset, since: monotonic }
      this.#ahead.offset = Math.min(this.#ahead.offset, offset)
      if (monotonic - this.#ahead.since >= ACCEPT_AFTER_MS) {
        this.#offset = this.#ahead.offset
        this.#ahead = undefined
      }
    }
    return monotonic + this.#offset
  }

  #read(): { monotonic: number; offset: number } {
    const monotonic = this.#clock.toBeat(this.#clock.now())
    return { monotonic, offset: this.#clock.beatToWall(monotonic) - monotonic }
  }
}

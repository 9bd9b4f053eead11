import type { LeaseClock } from './lease-clock.ts'

/** Milliseconds after which a wall clock that was set forward is believed. */
const BELIEVED_AFTER_MS = 3_600_000

/**
 * The wall clock, as far as it is safe to delete by it: a step forward counts once it has lasted for
 * an hour. A clock that is years ahead for some seconds would else make all history old enough to be
 * deleted. A step back counts at once; it only makes history younger.
 */
export class SettledWallClock {
  readonly #clock: LeaseClock
  /** Unix time = the beat scale + this. */
  #offset: number
  /** A larger offset: the least of those seen since a moment on the beat scale. */
  #ahead: { offset: number; since: number } | undefined

  constructor(clock: LeaseClock) {
    this.#clock = clock
    this.#offset = this.#read().offset
  }

  /** Unix time in milliseconds. */
  now(): number {
    const { beat, offset } = this.#read()
    if (offset <= this.#offset) {
      this.#offset = offset
      this.#ahead = undefined
    } else {
      this.#ahead ??= { offset, since: beat }
      this.#ahead.offset = Math.min(this.#ahead.offset, offset)
      if (beat - this.#ahead.since >= BELIEVED_AFTER_MS) {
        this.#offset = this.#ahead.offset
        this.#ahead = undefined
      }
    }
    return beat + this.#offset
  }

  #read(): { beat: number; offset: number } {
    const beat = this.#clock.toBeat(this.#clock.now())
    return { beat, offset: this.#clock.beatToWall(beat) - beat }
  }
}

import type { Clock } from '../domain/clock.ts'

/** A clock that stands still until a test moves it, so that no test ever waits. */
export class ManualClock implements Clock {
  #monotonicMs: number
  #wallMs: number

  /**
   * Milliseconds both; `monotonicMs` begins at an hour, `wallMs` at noon of 1 January 2026, UTC,
   * unless it is said otherwise.
   */
  constructor(options: { monotonicMs?: number; wallMs?: number } = {}) {
    this.#monotonicMs = options.monotonicMs ?? 3_600_000
    this.#wallMs = options.wallMs ?? Date.UTC(2026, 0, 1, 12)
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  wallMs(): number {
    return this.#wallMs
  }

  /** Lets time pass: both clocks run. */
  advance(ms: number): void {
    if (ms < 0) throw new RangeError(`time cannot pass by ${ms} ms; stepWall sets a clock back`)
    this.#monotonicMs += ms
    this.#wallMs += ms
  }

  /** Sets the wall clock forward or back while no time passes. */
  stepWall(ms: number): void {
    this.#wallMs += ms
  }
}

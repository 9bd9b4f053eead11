import type { Clock } from '../domain/clock.ts'

/** A clock that stands still until a test advances it, so that no test needs to wait. */
export class ManualClock implements Clock {
  #monotonicMs: number
  #wallMs: number

  /**
   * Both in milliseconds. Default: `monotonicMs` starts at one hour, `wallMs` at noon on 1 January 2026,
   * UTC.
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

  /** Advances both clocks. */
  advance(ms: number): void {
    if (ms < 0)
      throw new RangeError(`cannot advance by ${ms} ms; use stepWall to set the clock back`)
    this.#monotonicMs += ms
    this.#wallMs += ms
  }

  /** Steps the wall clock forwards or backwards; no time passes. */
  stepWall(ms: number): void {
    this.#wallMs += ms
  }
}

import { SERVER_LIMITS } from '../../../limits/server-limits.ts'

/** Milliseconds by which the clocks may drift apart between two checks without counting as a step. */
const TOLERANCE_MS = 60_000

/**
 * Compares a wall clock with a monotonic clock, before data is deleted by it: a clock that stepped may step
 * back. The wall clock is trusted once it has run steadily for ten minutes.
 */
export class SteadyClock {
  #last: { readonly wallMs: number; readonly monotonicMs: number } | undefined
  #steadySinceMs = 0

  /** Records both clocks. Returns whether the wall clock can be trusted. */
  observe(wallMs: number, monotonicMs: number): boolean {
    const last = this.#last
    const expected = last && last.wallMs + (monotonicMs - last.monotonicMs)
    if (expected === undefined || Math.abs(wallMs - expected) > TOLERANCE_MS) {
      this.#steadySinceMs = monotonicMs
    }
    this.#last = { wallMs, monotonicMs }
    return monotonicMs - this.#steadySinceMs >= SERVER_LIMITS.postgresSteadyClockMs.value
  }
}

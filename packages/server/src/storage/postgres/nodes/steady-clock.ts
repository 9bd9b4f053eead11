import { SERVER_LIMITS } from '../../../limits/server-limits.ts'

/** Milliseconds by which two clocks may part between two looks, without one of them having leapt. */
const TOLERANCE_MS = 60_000

/**
 * Watches a wall clock against one that has no steps, before something is removed for good by it: a
 * clock that leapt may leap back. It is believed when it has run steadily for ten minutes.
 */
export class SteadyClock {
  #last: { readonly wallMs: number; readonly monotonicMs: number } | undefined
  #steadySinceMs = 0

  /** Takes what the clocks say. Returns whether the wall clock can be believed. */
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

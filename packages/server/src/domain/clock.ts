/** The two clocks of a machine. Tests inject their own and advance time without waiting. */
export interface Clock {
  /** Monotonic time in milliseconds, unaffected by steps of the wall clock. */
  monotonicMs(): number
  /** Unix time in milliseconds; may step forwards or backwards. */
  wallMs(): number
}

/** The clocks of this machine. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
}

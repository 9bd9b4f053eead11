/** The two clocks of a machine. Tests put their own in place and move time without waiting. */
export interface Clock {
  /** Milliseconds that only ever grow; steps of the wall clock do not show in it. */
  monotonicMs(): number
  /** Unix time in milliseconds; may step either way. */
  wallMs(): number
}

/** The clocks of this machine. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
}

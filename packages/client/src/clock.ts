/** Provides time, timers and randomness to the client. Tests inject their own. */
export interface ClientClock {
  /** Returns a monotonic time in milliseconds. */
  now(): number
  /**
   * Calls back once after `ms` milliseconds. Returns a function that cancels the timer.
   *
   * @param keepsAlive whether the pending timer keeps the process running
   */
  setTimer(callback: () => void, ms: number, keepsAlive: boolean): () => void
  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  random(): number
}

/** The maximum delay of `setTimeout`; platforms treat a longer one as 0. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** The clock of this machine. */
export const systemClock: ClientClock = {
  now: () => performance.now(),
  random: Math.random,
  setTimer(callback, ms, keepsAlive) {
    const timer: unknown = setTimeout(callback, Math.min(ms, MAX_TIMEOUT_MS))
    // Timers of Node keep the process alive; elsewhere they are numbers and do not.
    if (!keepsAlive && isNodeTimer(timer)) timer.unref()
    return () => clearTimeout(timer as number)
  },
}

function isNodeTimer(timer: unknown): timer is { unref(): void } {
  return typeof timer === 'object' && timer !== null && 'unref' in timer
}

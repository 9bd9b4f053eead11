/** Time and chance, as far as the client needs them; tests bring their own. */
export interface ClientClock {
  /** Milliseconds that only ever grow. */
  now(): number
  /** Calls back once; returns the function that prevents it. */
  setTimer(callback: () => void, ms: number, keepsAlive: boolean): () => void
  /** From 0 to 1. */
  random(): number
}

/** The clock of this machine. */
export const systemClock: ClientClock = {
  now: () => performance.now(),
  random: Math.random,
  setTimer(callback, ms, keepsAlive) {
    const timer: unknown = setTimeout(callback, ms)
    // Node's timers hold their process; others are numbers and hold nothing.
    if (!keepsAlive && isNodeTimer(timer)) timer.unref()
    return () => clearTimeout(timer as number)
  },
}

function isNodeTimer(timer: unknown): timer is { unref(): void } {
  return typeof timer === 'object' && timer !== null && 'unref' in timer
}

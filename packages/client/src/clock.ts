/** Time and chance, as far as the client needs them; tests bring their own. */
export interface ClientClock {
  /** Milliseconds that only ever grow. */
  now(): number
  /** Calls back once; returns the function that prevents it. */
  setTimer(callback: () => void, ms: number, keepsAlive: boolean): () => void
  /** From 0 to 1. */
  random(): number
}

/** Platforms take a longer time for none at all. */
const LONGEST_MS = 2 ** 31 - 1

/** The clock of this machine. */
export const systemClock: ClientClock = {
  now: () => performance.now(),
  random: Math.random,
  setTimer(callback, ms, keepsAlive) {
    const timer: unknown = setTimeout(callback, Math.min(ms, LONGEST_MS))
    // Node's timers hold their process; others are numbers and hold nothing.
    if (!keepsAlive && isNodeTimer(timer)) timer.unref()
    return () => clearTimeout(timer as number)
  },
}

function isNodeTimer(timer: unknown): timer is { unref(): void } {
  return typeof timer === 'object' && timer !== null && 'unref' in timer
}

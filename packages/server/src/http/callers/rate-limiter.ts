import { SERVER_LIMITS } from '../../limits/server-limits.ts'

/** Milliseconds whose requests may be sent at once. */
const BURST_MS = 1000
/** The key that callers share while too many others are remembered. */
const OTHERS = ''
/** Milliseconds between two searches for callers to forget: it takes milliseconds itself. */
const FORGET_AGAIN_MS = 1000

/**
 * Limits the rate of each caller to a number of requests a second, with a burst of the same number (the generic cell
 * rate algorithm of ITU-T I.371). Of each caller, only one number is kept: the time until which it has used up its rate.
 */
export class RateLimiter {
  readonly #intervalMs: number
  readonly #maxCallers: number
  /** Until when the rate of a caller is used up. A time that has passed is as good as none. */
  readonly #usedUntil = new Map<string, number>()
  #forgotAt = Number.NEGATIVE_INFINITY

  /** @param options.maxCallers callers that are remembered; further ones share one rate */
  constructor(options: { perSecond: number; maxCallers?: number }) {
    this.#intervalMs = 1000 / options.perSecond
    this.#maxCallers = options.maxCallers ?? SERVER_LIMITS.rememberedCallers.value
  }

  /** Callers that are remembered. */
  get size(): number {
    return this.#usedUntil.size
  }

  /**
   * Counts a request of a caller, unless it is beyond the limit.
   *
   * @param weight how many requests it counts as
   * @param now milliseconds of a monotonic clock
   * @returns milliseconds until the caller may send it; 0: it may now
   */
  take(caller: string, weight: number, now: number): number {
    const key = this.#keyOf(caller, now)
    const from = Math.max(now, this.#usedUntil.get(key) ?? 0)
    // A request that is heavier than a burst may be sent after a pause.
    const until = from + this.#intervalMs * weight
    const waitMs = from > now ? until - now - BURST_MS : 0
    if (waitMs > 0) return waitMs
    this.#usedUntil.set(key, until)
    return 0
  }

  #keyOf(caller: string, now: number): string {
    if (this.#usedUntil.size < this.#maxCallers || this.#usedUntil.has(caller)) return caller
    this.#forgetIdle(now)
    return this.#usedUntil.size < this.#maxCallers ? caller : OTHERS
  }

  #forgetIdle(now: number): void {
    if (now - this.#forgotAt < FORGET_AGAIN_MS) return
    this.#forgotAt = now
    for (const [caller, until] of this.#usedUntil) {
      if (until <= now) this.#usedUntil.delete(caller)
    }
  }
}

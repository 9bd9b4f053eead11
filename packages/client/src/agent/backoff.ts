import { isApiError } from '../errors/api-error.ts'

/** Milliseconds that lie between two attempts at the least, whatever is answered. */
export const SHORTEST_PAUSE_MS = 100

const FIRST_MS = 250

/**
 * How long to wait after so many failures in a row: a random time up to a limit that doubles with
 * each ("full jitter": Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so
 * that a fleet does not come back all at once.
 *
 * @param failures at least 1
 * @param mostMs never more than this
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, mostMs: number, random: number): number {
  const limit = Math.min(mostMs, FIRST_MS * 2 ** Math.min(failures - 1, 30))
  const least = Math.min(SHORTEST_PAUSE_MS, limit)
  return Math.round(least + random * (limit - least))
}

/**
 * How long to wait after a failure. What the registry asks for (`Retry-After`) comes first, spread a
 * little so that not all come back at once.
 *
 * @param options as for {@link backoffMs}
 */
export function pauseAfter(
  error: unknown,
  { failures, mostMs, random }: { failures: number; mostMs: number; random: number },
): number {
  const askedMs = isApiError(error) ? (error.retryAfterSeconds ?? 0) * 1000 : 0
  if (askedMs <= 0) return backoffMs(failures, mostMs, random)
  const spread = Math.round(random * Math.min(askedMs, FIRST_MS))
  return Math.min(mostMs, Math.max(SHORTEST_PAUSE_MS, askedMs + spread))
}

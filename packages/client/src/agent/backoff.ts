import { isApiError } from '../errors/api-error.ts'

/** Minimum delay between two attempts in milliseconds, whatever the registry responds. */
export const MIN_DELAY_MS = 100

const BASE_DELAY_MS = 250

/**
 * Returns the backoff after consecutive failures in milliseconds: a random time up to a limit that
 * doubles with each failure ("full jitter": Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015), so that the clients of a fleet do not retry at the same time.
 *
 * @param failures at least 1
 * @param maxMs upper bound of the delay
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, maxMs: number, random: number): number {
  const limit = Math.min(maxMs, BASE_DELAY_MS * 2 ** Math.min(failures - 1, 30))
  const minimum = Math.min(MIN_DELAY_MS, limit)
  return Math.round(minimum + random * (limit - minimum))
}

/**
 * Returns the delay before the next attempt in milliseconds. `Retry-After` of the registry takes
 * precedence over the backoff, with a little jitter so that clients do not retry at the same time.
 *
 * @param options as for {@link backoffMs}
 */
export function retryDelayMs(
  error: unknown,
  { failures, maxMs, random }: { failures: number; maxMs: number; random: number },
): number {
  const requestedMs = isApiError(error) ? (error.retryAfterSeconds ?? 0) * 1000 : 0
  if (requestedMs <= 0) return backoffMs(failures, maxMs, random)
  const jitter = Math.round(random * Math.min(requestedMs, BASE_DELAY_MS))
  return Math.min(maxMs, Math.max(MIN_DELAY_MS, requestedMs + jitter))
}

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
  return Math.round(random * limit)
}

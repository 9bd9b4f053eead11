/** Number of cached seconds; the times of a fleet lie within its TTL of each other. */
const CACHED_SECONDS = 256
const cachedSeconds = new Float64Array(CACHED_SECONDS).fill(Number.NaN)
const cachedTexts = new Array<string>(CACHED_SECONDS).fill('')

/**
 * Formats a time as RFC 3339 in UTC with milliseconds, like `Date.prototype.toISOString` at a tenth of
 * its cost: the three times of every agent took half of the time of a list.
 */
export function isoTime(unixMs: number): string {
  const second = Math.floor(unixMs / 1000)
  const slot = second & (CACHED_SECONDS - 1)
  if (cachedSeconds[slot] !== second) {
    cachedSeconds[slot] = second
    cachedTexts[slot] = new Date(second * 1000).toISOString().slice(0, -4)
  }
  const ms = unixMs - second * 1000
  return `${cachedTexts[slot]}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
}

/** The three formats of an HTTP date start with a weekday: IMF-fixdate, RFC 850 and asctime. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /

/**
 * Parses `Retry-After`, which holds a number of seconds or an HTTP date (RFC 9110, section 10.2.3).
 *
 * @param nowMs wall-clock time, since the date cannot be compared with a monotonic clock
 * @returns seconds, 0 or more; a date is rounded up; undefined if the header is absent or invalid
 */
export function parseRetryAfter(header: string | null, nowMs = Date.now()): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  if (!HTTP_DATE.test(text)) return undefined
  // asctime has no time zone; all HTTP dates are in GMT.
  const dateMs = Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`)
  if (Number.isNaN(dateMs)) return undefined
  return Math.max(0, Math.ceil((dateMs - nowMs) / 1000))
}

import { type Finding, ok, warn } from './finding.ts'

/** Tolerated clock skew in milliseconds. */
const TOLERANCE_MS = 2000
/** The header has whole seconds, rounded down: on average it is half a second behind. */
const HALF_A_SECOND = 500

/**
 * Compares the clock of the registry, from the Date header of its response, with the local clock.
 *
 * @param sentMs when the request was sent, in milliseconds since the epoch
 * @param receivedMs when the response arrived, in milliseconds since the epoch
 */
export function checkClock(date: string | null, sentMs: number, receivedMs: number): Finding {
  const topic = 'clocks'
  const theirs = Date.parse(date ?? '') + HALF_A_SECOND
  if (Number.isNaN(theirs)) {
    return warn(topic, 'cannot be compared: the response has no Date header', 'check the proxy')
  }
  const aheadMs = theirs - (sentMs + receivedMs) / 2
  const seconds = Math.abs(aheadMs / 1000).toFixed(1)
  if (Math.abs(aheadMs) <= TOLERANCE_MS) return ok(topic, `agree within ${TOLERANCE_MS / 1000} s`)
  return warn(
    topic,
    `the registry is ${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}`,
    'leases are not affected, but ages in lists are; synchronize both clocks with NTP',
  )
}

import { type Finding, good, odd } from './finding.ts'

/** Milliseconds that the clocks may differ without harm. */
const TOLERANCE_MS = 2000
/** The header tells whole seconds, rounded down: on average it is half a second behind. */
const HALF_A_SECOND = 500

/**
 * Compares the clock of the registry, as in the Date header of its answer, with ours.
 *
 * @param asked when the question was sent, and `answered` when its answer came; in ms since 1970
 */
export function checkClock(date: string | null, asked: number, answered: number): Finding {
  const topic = 'clocks'
  const theirs = Date.parse(date ?? '') + HALF_A_SECOND
  if (Number.isNaN(theirs)) {
    return odd(topic, 'cannot be compared: the answer has no Date', 'ask whoever runs the proxy')
  }
  const aheadMs = theirs - (asked + answered) / 2
  const seconds = Math.abs(aheadMs / 1000).toFixed(1)
  if (Math.abs(aheadMs) <= TOLERANCE_MS) return good(topic, `agree within ${TOLERANCE_MS / 1000} s`)
  return odd(
    topic,
    `the registry is ${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}`,
    'leases do not mind, times in lists do; have NTP set both clocks',
  )
}

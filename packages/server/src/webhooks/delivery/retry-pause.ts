import { SERVER_LIMITS } from '../../limits/server-limits.ts'

const FIRST_MS = 1000
const LONGEST_MS = SERVER_LIMITS.webhookPause.value * 1000

/**
 * Returns the milliseconds until the next attempt: twice as long each time, less a random part of up to half of it, so
 * that many webhooks of one receiver do not return together.
 *
 * @param attempts how many have failed, at least 1
 * @param retryAfterMs what the receiver asks for
 * @param remainingMs until the webhook is disabled: the last attempt is then
 */
export function retryPauseMs(
  attempts: number,
  { retryAfterMs = 0, remainingMs }: { retryAfterMs?: number | undefined; remainingMs: number },
  random: () => number = Math.random,
): number {
  const longest = Math.min(FIRST_MS * 2 ** Math.min(attempts - 1, 30), LONGEST_MS)
  const pause = longest * (1 - random() / 2)
  return Math.max(0, Math.min(Math.max(pause, retryAfterMs), remainingMs))
}

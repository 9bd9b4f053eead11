import type { WarningLogger } from '../../warning-logger.ts'

/** Minutes after which the state of a file deserves a warning: longer than an update or a reboot takes. */
const OLD_MINUTES = 10

/**
 * Warns at start that a file, such as a restored backup, is from long ago: its agents are listed as alive
 * until their restart grace ends.
 *
 * @param options.aliveAtMs newest heartbeat of an agent that was alive, in Unix milliseconds
 * @param options.wallMs now, in Unix milliseconds
 */
export function warnOfOldState(options: {
  aliveAtMs: number
  wallMs: number
  logger?: WarningLogger | undefined
}): void {
  const { aliveAtMs, wallMs, logger } = options
  const minutes = Math.floor((wallMs - aliveAtMs) / 60_000)
  if (minutes < OLD_MINUTES) return
  const lastHeartbeat = new Date(aliveAtMs).toISOString()
  logger?.warn(
    { lastHeartbeat, minutes },
    `the state in the file is from ${lastHeartbeat}, ${minutes} minutes ago: agents that were alive then ` +
      'are listed until their restart grace ends, and agents that registered later are missing until they ' +
      'register again',
  )
}

import type { FastifyBaseLogger } from 'fastify'
import type { BrakeState } from '../domain/expiry-brake.ts'
import { isRegistryError } from '../domain/registry-error.ts'
import { FailureLog } from './failure-log.ts'
import type { StorageMonitor } from './storage-monitor.ts'

/** What is done again and again. */
type Pass = 'sweep' | 'cleanup'

/** Logs what expiry and cleanup do, and what fails; a store that cannot be reached is left to its monitor. */
export function expiryLog(
  logger: FastifyBaseLogger,
  monitor: StorageMonitor,
): {
  cleaned(removed: number): void
  braked(state: BrakeState): void
  released(): void
  succeeded(pass: Pass): void
  failed(pass: Pass, error: unknown): void
} {
  const logs = {
    sweep: new FailureLog({ logger, subject: 'the sweep' }),
    cleanup: new FailureLog({ logger, subject: 'the cleanup' }),
  }
  return {
    cleaned: (removed) => logger.info({ removed }, 'removed expired agents'),
    braked: ({ reason, endsAtMs }) =>
      logger.warn(
        { endsAt: new Date(endsAtMs).toISOString() },
        `${reason}; they are shown as suspect`,
      ),
    released: () => logger.info('leases expire on time again: enough agents are heard'),
    succeeded: (pass) => logs[pass].succeeded(),
    failed: (pass, error) => {
      if (isRegistryError(error, 'STORAGE_UNAVAILABLE')) monitor.failed(error)
      else logs[pass].failed(error)
    },
  }
}

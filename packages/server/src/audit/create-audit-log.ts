import type { FastifyBaseLogger } from 'fastify'
import { FailureLog } from '../telemetry/failure-log.ts'
import { AuditFile } from './audit-file.ts'
import type { AuditLog } from './audit-log.ts'

/** The target that means the log of the server. */
const SERVER_LOG = '-'

/**
 * Creates an audit log.
 *
 * @param target the path of a file, or `-` for the log of the server, whatever its level
 */
export function createAuditLog(target: string, logger: FastifyBaseLogger): AuditLog {
  if (target === SERVER_LOG) return serverLog(logger)
  const failures = new FailureLog({ logger, subject: 'the audit log' })
  return new AuditFile(target, {
    failed: (error) => failures.failed(error),
    succeeded: () => failures.succeeded(),
  })
}

function serverLog(logger: FastifyBaseLogger): AuditLog {
  // Also if the level of the log hides such lines.
  const log = logger.child({}, { level: 'info' })
  return {
    // The log counts them itself.
    dropped: 0,
    open: async () => undefined,
    write: (entry) => log.info({ audit: entry }, 'audit'),
    close: async () => undefined,
  }
}

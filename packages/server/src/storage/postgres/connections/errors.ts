import { DatabaseError } from 'pg'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { PostgresTarget } from './target.ts'

/** Returns whether a statement lost a conflict with another transaction: retry it transparently. */
export function isRetryable(error: unknown): boolean {
  return hasCode(error, ['40001', '40P01', '23505'])
}

/** Returns whether the host reported that it is a standby: writes must go to another host. */
export function isStandby(error: unknown): boolean {
  return hasCode(error, ['25006'])
}

/** Returns whether the connection failed, rather than the statement. */
export function isDisconnected(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true
  const { code = '' } = error
  return code.startsWith('08') || code.startsWith('57P')
}

/** Error message for a server that does not respond. */
export const NO_RESPONSE = 'timeout: the database does not respond'

/** Returns whether the statement was cancelled, by this node, by its timeout or by an administrator. */
export function isCancelled(error: unknown): boolean {
  return hasCode(error, ['57014'])
}

/**
 * Returns whether writes wait for something that may last: a lock held by another session, or an
 * unavailable synchronous replica. Accepts errors of the driver and the errors derived from them.
 */
export function isBlocked(error: unknown): boolean {
  if (!(error instanceof RegistryError)) {
    return isTimeout(error) || hasCode(error, ['57014', '55P03'])
  }
  if (error.cause !== undefined) return isBlocked(error.cause)
  return error.code === 'OUTCOME_UNKNOWN'
}

/** Returns whether a statement timed out waiting for a lock. */
export function isLockTimeout(error: unknown): boolean {
  return hasCode(error instanceof RegistryError ? error.cause : error, ['55P03'])
}

/** Returns whether a notice says that the server stopped waiting for its replicas. Its text is localized. */
export function isReplicationNotice(notice: object): boolean {
  return 'routine' in notice && notice.routine === 'SyncRepWaitForLSN'
}

/** Creates the error for a change that may or may not have been made. */
export function outcomeUnknown(why: string, cause?: unknown): RegistryError {
  return new RegistryError('OUTCOME_UNKNOWN', why, cause === undefined ? {} : { cause })
}

/** Creates the error for a batch of heartbeats that failed after some of the leases were renewed. */
export function partiallyRenewed(cause: unknown): RegistryError {
  return outcomeUnknown(
    `some of the leases were renewed, others were not: ${reasonOf(cause)}`,
    cause,
  )
}

/** Returns whether an error is a timeout. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/.test(error.message)
}

/** Creates the error for a statement that the database could not execute. */
export function unavailable(cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause
  const message = isDisconnected(cause)
    ? `the database cannot be reached: ${reasonOf(cause)}`
    : `the database rejected the statement: ${reasonOf(cause)}`
  return new RegistryError('STORAGE_UNAVAILABLE', message, { cause })
}

/**
 * Creates the error for a database that cannot be opened, with a hint what to do.
 *
 * @param place.what what the database cannot do, such as `be used`
 */
export function unusable(
  cause: unknown,
  place: { target: PostgresTarget; schema: string; what: string },
): RegistryError {
  if (cause instanceof RegistryError && cause.code === 'STORAGE_UNUSABLE') return cause
  const { database, hosts } = place.target
  const hint = hintFor(cause, { database, schema: place.schema })
  const why = `${reasonOf(cause)}. ${hint}`.trim()
  const message = `The database ${database} on ${hosts.join(', ')} cannot ${place.what}: ${why}`
  return new RegistryError('STORAGE_UNUSABLE', message, { cause })
}

/** Returns the error message of the database or the driver, without the password. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  if (error instanceof RegistryError && error.cause !== undefined) return reasonOf(error.cause)
  if (!(error instanceof Error)) return String(error)
  // The driver's message for a URL without a password.
  return /password must be a string/.test(error.message)
    ? 'the server requires a password, and the URL has none'
    : error.message
}

/** Returns a hint what to do when the database cannot be opened. */
export function hintFor(error: unknown, place: { database: string; schema: string }): string {
  const { database, schema } = place
  const cause = error instanceof RegistryError ? error.cause : error
  if (!(cause instanceof DatabaseError)) return 'Is PostgreSQL running there?'
  switch (cause.code) {
    case '28P01':
    case '28000':
      return 'Check user and password of --db'
    case '3D000':
      return `Create it with: CREATE DATABASE ${database}`
    case '42501':
      return /for database/.test(cause.message)
        ? `As its owner: GRANT CREATE ON DATABASE ${database} TO the role, ` +
            `or CREATE SCHEMA ${schema} AUTHORIZATION the role`
        : `Start it as the role that owns the schema ${schema}, or GRANT it that role`
    default:
      return ''
  }
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof DatabaseError && codes.includes(error.code ?? '')
}

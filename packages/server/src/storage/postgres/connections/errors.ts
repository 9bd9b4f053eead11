import { DatabaseError } from 'pg'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { PostgresTarget } from './target.ts'

/** Another transaction was faster: to do it all again is right, and the caller need not know. */
export function isRetryable(error: unknown): boolean {
  return hasCode(error, ['40001', '40P01', '23505'])
}

/** The database answered that it is no primary: a write belongs elsewhere. */
export function isStandby(error: unknown): boolean {
  return hasCode(error, ['25006'])
}

/** The connection broke, or there is none: not the statement was wrong. */
export function isDisconnected(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true
  const { code = '' } = error
  return code.startsWith('08') || code.startsWith('57P')
}

/** What the driver says for a server that does not respond. */
export const NO_ANSWER = 'timeout: the database does not answer'

/** The statement was cancelled, by us, by its own time limit or by an administrator. */
export function isCancelled(error: unknown): boolean {
  return hasCode(error, ['57014'])
}

/**
 * Writes wait for something that may last: a lock that somebody holds, or a synchronous replica
 * that is not there. Takes what the database said and what was made of it.
 */
export function isBlocked(error: unknown): boolean {
  if (!(error instanceof RegistryError)) {
    return isTimeout(error) || hasCode(error, ['57014', '55P03'])
  }
  if (error.cause !== undefined) return isBlocked(error.cause)
  return error.code === 'OUTCOME_UNKNOWN'
}

/** A lock that a statement needs was held by somebody for too long. */
export function isLockTimeout(error: unknown): boolean {
  return hasCode(error instanceof RegistryError ? error.cause : error, ['55P03'])
}

/** The server says that it stopped waiting for its replicas; its words depend on its language. */
export function isReplicationNotice(notice: object): boolean {
  return 'routine' in notice && notice.routine === 'SyncRepWaitForLSN'
}

/** The error of a change that may have been made, or not. */
export function outcomeUnknown(why: string, cause?: unknown): RegistryError {
  return new RegistryError('OUTCOME_UNKNOWN', why, cause === undefined ? {} : { cause })
}

/** The error of a batch of heartbeats that failed when some of the leases were renewed already. */
export function partlyDone(cause: unknown): RegistryError {
  return outcomeUnknown(
    `some of the leases were renewed, and others not: ${reasonOf(cause)}`,
    cause,
  )
}

/** It took too long. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/.test(error.message)
}

/** The error of a store whose database cannot do what was asked, now. */
export function unavailable(cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause
  const message = isDisconnected(cause)
    ? `the database cannot be reached: ${reasonOf(cause)}`
    : `the database refuses: ${reasonOf(cause)}`
  return new RegistryError('STORAGE_UNAVAILABLE', message, { cause })
}

/**
 * The error of a database that cannot be opened, with what to do about it.
 *
 * @param place.what the database cannot do, such as `be used`
 */
export function unusable(
  cause: unknown,
  place: { target: PostgresTarget; schema: string; what: string },
): RegistryError {
  if (cause instanceof RegistryError && cause.code === 'STORAGE_UNUSABLE') return cause
  const { database, hosts } = place.target
  const advice = hintFor(cause, { database, schema: place.schema })
  const why = `${reasonOf(cause)}. ${advice}`.trim()
  const message = `The database ${database} on ${hosts.join(', ')} cannot ${place.what}: ${why}`
  return new RegistryError('STORAGE_UNUSABLE', message, { cause })
}

/** What the database or the driver said, in words that hold no password. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  if (error instanceof RegistryError && error.cause !== undefined) return reasonOf(error.cause)
  if (!(error instanceof Error)) return String(error)
  // The words of the driver for a URL without one.
  return /password must be a string/.test(error.message)
    ? 'it wants a password, and the URL has none'
    : error.message
}

/** What to do about it, when the database cannot even be opened. */
export function hintFor(error: unknown, place: { database: string; schema: string }): string {
  const { database, schema } = place
  const cause = error instanceof RegistryError ? error.cause : error
  if (!(cause instanceof DatabaseError)) return 'Is PostgreSQL running there?'
  switch (cause.code) {
    case '28P01':
    case '28000':
      return 'Check user and password of --db'
    case '3D000':
      return `Make it with: CREATE DATABASE ${database}`
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

import { DatabaseError } from 'pg'
import { RegistryError } from '../../domain/registry-error.ts'

/** Another transaction was faster: to do it all again is right, and the caller need not know. */
export function isLostRace(error: unknown): boolean {
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

/** The error of a store whose database cannot do what was asked, now. */
export function unavailable(cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause
  const told = isDisconnected(cause)
    ? `the database cannot be reached: ${reasonOf(cause)}`
    : `the database refuses: ${reasonOf(cause)}`
  return new RegistryError('STORAGE_UNAVAILABLE', told, { cause })
}

/** Why a database cannot be used at all, in words that hold no password. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof DatabaseError && codes.includes(error.code ?? '')
}

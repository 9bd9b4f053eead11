import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isRegistryError, RegistryError } from '../../../domain/registry-error.ts'
import { explain, isFolder, isSqliteError } from '../file/open-database.ts'

/** Explains why a file cannot be copied, and what to do about it. */
export function sourceProblem(path: string, error: unknown): RegistryError {
  return unusable(explain(path, error), error)
}

/** Explains why a file cannot be written, and what to do about it. */
export function targetProblem(path: string, error: unknown): RegistryError {
  if (isRegistryError(error)) return error
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException
  const because = (why: string): RegistryError =>
    unusable(`${path} cannot be written: ${why}`, error)
  const folder = dirname(path)
  if (!existsSync(folder)) return because(`the folder ${folder} does not exist. Create it first`)
  if (code === 'ENOSPC' || code === 'EDQUOT' || isSqliteError(error, 'SQLITE_FULL')) {
    return because('the disk is full. Free some space, or use another disk')
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return because(`this user may not write to ${folder} (${code})`)
  }
  if (isSqliteError(error, 'SQLITE_BUSY')) {
    return because('another backup is writing it. Wait for its end, or use another file')
  }
  return because(message)
}

/** Explains why a copy was rejected after it was written. */
export function damagedCopy(path: string, error: Error): RegistryError {
  return unusable(
    `the copy of ${path} is damaged (${error.message}): either that file is, or the disk. Nothing ` +
      'was changed',
    error,
  )
}

/** Explains that a file is damaged that nothing was made of. */
export function damagedFile(path: string, error: Error): RegistryError {
  return unusable(`${path} is damaged (${error.message})`, error)
}

/** Creates the error for a backup or a restore that cannot be made. */
export function unusable(message: string, cause?: unknown): RegistryError {
  return new RegistryError('STORAGE_UNUSABLE', message, cause === undefined ? {} : { cause })
}

/** @throws RegistryError when there is a folder at the path */
export function requireNoFolder(path: string): void {
  if (isFolder(path)) throw unusable(`${path} is a folder. Specify a file`)
}

import { closeSync, openSync, statSync, unlinkSync } from 'node:fs'
import Database from 'better-sqlite3'

/** Rights of the files that are made: agents may put what they like into their metadata. */
export const OWNER_ONLY = 0o600

/** A file beside the database that says who may write it. */
export interface FileLock {
  /** Lets go of the lock; its file stays for the next one. */
  release(): void
  /** Lets go of the lock, and removes its file unless it had been there before. */
  withdraw(): void
}

/**
 * Holds an exclusive SQLite lock on a file beside the database. The operating system drops it
 * when the process ends, however it ends, so a killed registry leaves no stale lock; and the
 * database itself stays open for other tools to read.
 *
 * @throws SqliteError `SQLITE_BUSY` when another one holds it
 */
export function takeLock(path: string): FileLock {
  const file = `${path}.lock`
  let isMade = false
  for (;;) {
    // Made before it is opened, so that it has an identity to compare.
    isMade = makeFile(file) || isMade
    const before = identityOf(file)
    const lock = lockFile(file)
    const release = () => lock.close()
    if (before !== undefined && identityOf(file) === before) {
      return { release, withdraw: isMade ? () => remove(file, release) : release }
    }
    // The process that held it has removed it meanwhile: a lock on a file without a name excludes no other.
    release()
  }
}

/**
 * Returns whether the file was missing. One that is there is left alone: to close a file drops every
 * lock that this process holds on it, also that of another registry in the same process.
 */
function makeFile(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx', OWNER_ONLY))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function lockFile(file: string): Database.Database {
  const lock = new Database(file, { timeout: 0 })
  try {
    lock.pragma('locking_mode = EXCLUSIVE')
    // Nothing is ever written here, so no journal need lie beside it.
    lock.pragma('journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    throw error
  }
}

/** While it is still locked: later it may be the lock of another. */
function remove(file: string, release: () => void): void {
  try {
    unlinkSync(file)
  } catch {
    // Some systems remove no file that is open. It does no harm.
  }
  release()
}

function identityOf(file: string): bigint | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino
}

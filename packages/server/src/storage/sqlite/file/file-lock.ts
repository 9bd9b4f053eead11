import { closeSync, openSync, statSync, unlinkSync } from 'node:fs'
import Database from 'better-sqlite3'

/** Mode of created files: agent metadata may be confidential. */
export const OWNER_ONLY = 0o600

/** A lock file next to the database; its holder may write the database. */
export interface FileLock {
  /** Releases the lock; its file stays for the next holder. */
  release(): void
  /** Releases the lock, and removes its file unless it already existed. */
  discard(): void
}

/**
 * Takes an exclusive SQLite lock on a file next to the database. The operating system releases it when
 * the process ends, however it ends, so a killed registry leaves no stale lock; and other tools can
 * still read the database.
 *
 * @throws SqliteError `SQLITE_BUSY` when another holder has it
 */
export function takeLock(path: string): FileLock {
  const file = `${path}.lock`
  let isCreated = false
  for (;;) {
    // Created before it is opened, so that there is an inode to compare.
    isCreated = createFile(file) || isCreated
    const before = inodeOf(file)
    const lock = lockFile(file)
    const release = () => lock.close()
    if (before !== undefined && inodeOf(file) === before) {
      return { release, discard: isCreated ? () => remove(file, release) : release }
    }
    // The previous holder has removed the file: a lock on an unlinked file excludes no other process.
    release()
  }
}

/**
 * Creates the file. Returns false if it exists, without opening it: closing a file releases all locks
 * that this process holds on it, including those of another registry in the same process.
 */
function createFile(file: string): boolean {
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
    // Nothing is ever written here, so no journal file is needed.
    lock.pragma('journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    throw error
  }
}

/** Removes the file while it is still locked: later it may belong to another holder. */
function remove(file: string, release: () => void): void {
  try {
    unlinkSync(file)
  } catch {
    // Some systems do not remove open files. That is harmless.
  }
  release()
}

function inodeOf(file: string): bigint | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino
}

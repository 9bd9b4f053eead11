import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { newEpoch } from '../../epoch.ts'
import { ForeignFileError, migrate, requireRegistry } from '../schema/migrate.ts'
import { type FileLock, OWNER_ONLY, takeLock } from './file-lock.ts'

/** Milliseconds that a commit waits for another program that is writing to the same file. */
const BUSY_TIMEOUT_MS = 2000
/** Node-API version that better-sqlite3 needs: with less, it crashes the process. Node 22.14 provides it. */
const NODE_API_VERSION = 10
/** Pages in the write-ahead log that trigger a checkpoint: 16 MiB. */
export const CHECKPOINT_PAGES = 4096

/** An open file that no other registry can open until it is closed or the process ends. */
export interface OwnedDatabase {
  readonly db: Database.Database
  close(): void
  /** As {@link close}, for a file that turned out to be unusable: removes its lock file too. */
  discard(): void
}

/**
 * Opens the file of a registry, locks it, and migrates its schema to the current version.
 *
 * @param path absolute, or `:memory:`
 * @param options.mustExist fails instead of creating a new file
 * @throws Error whose message names the file and explains what to do; nothing was changed then
 */
export function openDatabase(path: string, options: { mustExist?: boolean } = {}): OwnedDatabase {
  requireNodeApi()
  let fileLock: FileLock | undefined
  let db: Database.Database | undefined
  try {
    requireNoHardLinks(path)
    if (options.mustExist && !existsSync(path)) throw new Error('it no longer exists')
    if (path !== ':memory:' && !isFolder(path)) fileLock = lockDatabase(path)
    if (path !== ':memory:') createFile(path)
    db = new Database(path, { timeout: BUSY_TIMEOUT_MS })
    // Nothing is written before the file is known to be a registry.
    requireRegistry(db)
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    migrate(db, newEpoch())
    return owned(db, fileLock)
  } catch (error) {
    db?.close()
    fileLock?.discard()
    throw new Error(explain(path, error), { cause: error })
  }
}

/**
 * Checkpoints and truncates the write-ahead log, unless another program is reading from it. Does not wait
 * for that program, because commits would have to wait too.
 */
export function emptyLog(db: Database.Database): void {
  db.pragma('busy_timeout = 0')
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }
}

/** Creates a file that only its owner may read. SQLite gives its companion files the same mode. */
export function createFile(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'wx', OWNER_ONLY))
}

function requireNodeApi(): void {
  if (Number(process.versions.napi) >= NODE_API_VERSION) return
  throw new Error(`SQLite needs Node.js 22.14, 24 or newer; this is ${process.version}`)
}

function owned(db: Database.Database, lock: FileLock | undefined): OwnedDatabase {
  return {
    db,
    close: () => {
      db.close()
      lock?.release()
    },
    discard: () => {
      db.close()
      lock?.discard()
    },
  }
}

/**
 * Locks a database against every registry.
 *
 * @throws Error for {@link explain}, when a registry is using it
 */
export function lockDatabase(path: string): FileLock {
  try {
    return takeLock(path)
  } catch (error) {
    throw isSqliteError(error, 'SQLITE_BUSY') ? new FileInUseError(ownerOf(path)) : error
  }
}

/**
 * Under another name, the same file would have a different lock and write-ahead log.
 *
 * @throws Error for {@link explain}
 */
export function requireNoHardLinks(path: string): void {
  const links = statSync(path, { throwIfNoEntry: false })
  if (links?.isFile() && links.nlink > 1) throw new HardLinkedFileError(links.nlink)
}

class HardLinkedFileError extends Error {
  override readonly name = 'HardLinkedFileError'

  constructor(names: number) {
    super(`it is one file with ${names} names (hard links)`)
  }
}

class FileInUseError extends Error {
  override readonly name = 'FileInUseError'
  readonly ownerPid: number | undefined

  constructor(ownerPid: number | undefined) {
    super('the file is in use')
    this.ownerPid = ownerPid
  }
}

function ownerOf(path: string): number | undefined {
  try {
    const db = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS })
    const pid = db.prepare('SELECT owner_pid FROM registry').pluck().get()
    db.close()
    return typeof pid === 'number' ? pid : undefined
  } catch {
    // Only for the message: the file is in use either way.
    return undefined
  }
}

/** Explains what is wrong with the file, and what to do about it. */
export function explain(path: string, error: unknown): string {
  if (error instanceof FileInUseError) {
    const owner = error.ownerPid === undefined ? '' : ` (process ${error.ownerPid})`
    return `${path} is in use by another Rollcall${owner}. Stop it, or use another file.`
  }
  if (error instanceof HardLinkedFileError) {
    return (
      `${path} cannot be used: ${error.message}. A registry or a tool that opens it by another ` +
      `name would damage it. Remove the other links, or use a copy: cp ${path} copy.db`
    )
  }
  if (error instanceof ForeignFileError) {
    return `${path} cannot be used: ${error.message}. Nothing was changed. Use another file.`
  }
  if (isSqliteError(error, 'SQLITE_NOTADB') || isSqliteError(error, 'SQLITE_CORRUPT')) {
    return (
      `${path} is damaged (${error.message}). Nothing was changed. Restore it from a backup, ` +
      `recover what is readable with: sqlite3 ${path} .recover, or move it away to start empty.`
    )
  }
  const folder = dirname(path)
  if (!existsSync(folder)) return `${path} cannot be opened: the folder ${folder} does not exist.`
  if (isFolder(path)) {
    return `${path} cannot be opened: it is a folder. Specify a file.`
  }
  const reason = error instanceof Error ? error.message : String(error)
  return `${path} cannot be opened: ${reason}. Check that it is writable and the disk is not full.`
}

/** Whether there is a folder at a path. */
export function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}

/** Returns whether an error is an SQLite error with the code, including extended codes. */
export function isSqliteError(error: unknown, code: string): error is Error & { code: string } {
  return error instanceof Database.SqliteError && error.code.startsWith(code)
}

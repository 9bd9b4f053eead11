import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { newEpoch } from '../../epoch.ts'
import { ForeignFileError, migrate, requireOurs } from '../schema/migrate.ts'
import { type FileLock, OWNER_ONLY, takeLock } from './file-lock.ts'

/** How long a commit waits for another program that is writing to the same file. */
const BUSY_TIMEOUT_MS = 2000
/** What better-sqlite3 is built for: it crashes a process that offers less. Node 22.14 brings it. */
const NODE_API_VERSION = 10
/** Pages of the write-ahead log before they move into the file: 16 MiB. */
export const CHECKPOINT_PAGES = 4096

/** An open file that no other registry can open until it is closed or the process ends. */
export interface OwnedDatabase {
  readonly db: Database.Database
  close(): void
  /** As {@link close}, for a file that turned out to be unusable: no lock stays beside it. */
  withdraw(): void
}

/**
 * Opens the file of a registry, makes it ours and brings its schema up to date.
 *
 * @param path absolute, or `:memory:`
 * @param options.mustExist fails instead of making a new file
 * @throws Error whose message names the file and says what to do; nothing was changed then
 */
export function openDatabase(path: string, options: { mustExist?: boolean } = {}): OwnedDatabase {
  requireNodeApi()
  let lock: FileLock | undefined
  let db: Database.Database | undefined
  try {
    requireOneName(path)
    if (options.mustExist && !existsSync(path)) throw new Error('it is not there any more')
    if (path !== ':memory:' && !isFolder(path)) lock = lockOf(path)
    if (path !== ':memory:') makeFile(path)
    db = new Database(path, { timeout: BUSY_TIMEOUT_MS })
    // Nothing is written to a file before it is known to be ours.
    requireOurs(db)
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    migrate(db, newEpoch())
    return owned(db, lock)
  } catch (error) {
    db?.close()
    lock?.withdraw()
    throw new Error(explain(path, error), { cause: error })
  }
}

/**
 * Moves what is in the write-ahead log into the file and gives its room back, unless another program
 * reads what the log holds: it is not waited for, commits would have to wait as well.
 */
export function emptyLog(db: Database.Database): void {
  db.pragma('busy_timeout = 0')
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }
}

/** Only its owner may read it. SQLite gives the files beside it the same rights. */
function makeFile(path: string): void {
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
    withdraw: () => {
      db.close()
      lock?.withdraw()
    },
  }
}

function lockOf(path: string): FileLock {
  try {
    return takeLock(path)
  } catch (error) {
    throw isSqliteError(error, 'SQLITE_BUSY') ? new FileInUseError(ownerOf(path)) : error
  }
}

/** Under another name, the same file would have another lock and another write-ahead log. */
function requireOneName(path: string): void {
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
    // Only for the message: the file is in use, whoever uses it.
    return undefined
  }
}

/** What went wrong with the file, and what to do about it. */
export function explain(path: string, error: unknown): string {
  if (error instanceof FileInUseError) {
    const owner = error.ownerPid === undefined ? '' : ` (process ${error.ownerPid})`
    return `${path} is in use by another Rollcall${owner}. Stop that one, or use another file.`
  }
  if (error instanceof HardLinkedFileError) {
    return (
      `${path} cannot be used: ${error.message}. A registry or a tool that opens it by another ` +
      `name would damage it. Remove the other names, or use a copy: cp ${path} copy.db`
    )
  }
  if (error instanceof ForeignFileError) {
    return `${path} cannot be used: ${error.message}. Nothing was changed. Use another file.`
  }
  if (isSqliteError(error, 'SQLITE_NOTADB') || isSqliteError(error, 'SQLITE_CORRUPT')) {
    return (
      `${path} is damaged (${error.message}). Nothing was changed. Restore it from a backup, ` +
      `save what can be read with: sqlite3 ${path} .recover, or move it away to start empty.`
    )
  }
  const folder = dirname(path)
  if (!existsSync(folder)) return `${path} cannot be opened: the folder ${folder} does not exist.`
  if (isFolder(path)) {
    return `${path} cannot be opened: it is a folder. Name a file.`
  }
  const reason = error instanceof Error ? error.message : String(error)
  return `${path} cannot be opened: ${reason}. Check that it can be written and the disk has room.`
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}

/** Tells an error of SQLite by its code, extended codes included. */
function isSqliteError(error: unknown, code: string): error is Error & { code: string } {
  return error instanceof Database.SqliteError && error.code.startsWith(code)
}

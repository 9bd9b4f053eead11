import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { BackupContent } from '../../../domain/backup-source.ts'
import { toFileTime } from '../../../domain/file-time.ts'
import type { FileLock } from '../file/file-lock.ts'
import { lockDatabase } from '../file/open-database.ts'
import { realPath } from '../file/real-path.ts'
import { writeCopy } from './backup.ts'
import { requireNoFolder, sourceProblem, unusable } from './backup-problem.ts'
import type { FileBackupOptions } from './file-backup-options.ts'
import { removeDatabase, renameDatabase, syncFolder } from './partial-file.ts'
import { requireRegistryFile } from './registry-file.ts'

/** The result of a restore. */
export interface RestoredRegistry extends BackupContent {
  /** Where the registry is that was there before; undefined if there was none. */
  readonly before: string | undefined
}

/**
 * Restores a registry file from a backup. The next registry that opens it continues as after a restart:
 * lease time has stood still since the backup, and every agent that was alive then has its restart grace.
 *
 * @param options.force keeps an existing file under another name, instead of refusing
 * @throws RegistryError `STORAGE_UNUSABLE` that explains what to do; then nothing has changed
 */
export async function restoreFile(options: FileBackupOptions): Promise<RestoredRegistry> {
  const from = realPath(options.from)
  const to = realPath(options.to)
  requireRegistryFile(from)
  requireNoFolder(to)
  if (from === to) throw unusable(`${from} cannot be restored from itself`)
  const lock = lockTarget(to)
  try {
    if (existsSync(to) && !options.force) {
      throw unusable(
        `${to} already exists. Use another file, or --force, which keeps it under another name`,
      )
    }
    let before: string | undefined
    const content = await writeCopy({ ...options, from, to }, (partial) => {
      before = moveAway(to)
      // Otherwise SQLite would apply the log of another database.
      removeDatabase(to)
      partial.publish()
    })
    lock.release()
    return { ...content, before }
  } catch (error) {
    lock.discard()
    throw error
  }
}

/** Keeps a file under another name, and returns that; undefined if there is no file. */
function moveAway(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  writeBackLog(path)
  const before = `${path}.before-restore-${toFileTime(Date.now())}`
  renameDatabase(path, before)
  syncFolder(path)
  return before
}

/** Moves the content of the write-ahead log into the file: a crash between two renames cannot part them. */
function writeBackLog(path: string): void {
  try {
    const db = new Database(path, { fileMustExist: true })
    try {
      db.pragma('wal_checkpoint(TRUNCATE)')
    } finally {
      db.close()
    }
  } catch {
    // It is damaged, which is why it is replaced: its files are kept as they are.
  }
}

function lockTarget(path: string): FileLock {
  try {
    return lockDatabase(path)
  } catch (error) {
    throw sourceProblem(path, error)
  }
}

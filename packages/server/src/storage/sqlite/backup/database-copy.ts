import Database from 'better-sqlite3'
import type { BackupContent } from '../../../domain/backup-source.ts'
import type { FileBackupOptions } from './file-backup-options.ts'
import { readContent } from './registry-content.ts'

/** Pages copied at once, 1 MiB: between two, the copy can end and reports its progress. */
const STEP_PAGES = 256
/** Milliseconds to wait for a program that recovers the write-ahead log. */
const BUSY_TIMEOUT_MS = 5000

/** Opens the file of a registry for reading, whether or not a registry is using it. */
export function openForReading(path: string): Database.Database {
  return new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
}

/**
 * Copies a registry file, with its write-ahead log, as of one moment, and checks the copy.
 *
 * A read transaction stays open during the copy. Without it, each write between two steps would start the
 * copy again from the first page, so that the copy of a busy registry would never end. Until the end of the
 * transaction, the write-ahead log of the source cannot start again from its beginning, and so grows.
 *
 * @param source an open database without a transaction
 * @param target an empty file
 * @throws Error of SQLite, or the reason of the signal
 */
export async function copyDatabase(
  source: Database.Database,
  target: string,
  { progress, signal }: Pick<FileBackupOptions, 'progress' | 'signal'>,
): Promise<Omit<BackupContent, 'bytes'>> {
  source.exec('BEGIN')
  let content: Omit<BackupContent, 'bytes'>
  try {
    content = readContent(source)
    const { totalPages } = await source.backup(target, {
      progress: ({ totalPages: total, remainingPages }) => {
        signal?.throwIfAborted()
        progress?.(total - remainingPages, total)
        return STEP_PAGES
      },
    })
    progress?.(totalPages, totalPages)
  } finally {
    source.exec('ROLLBACK')
  }
  signal?.throwIfAborted()
  checkCopy(target, content)
  return content
}

/** Thrown for a copy that SQLite finds to be damaged, or that differs from its source. */
export class DamagedCopyError extends Error {
  override readonly name = 'DamagedCopyError'
}

/** Checks a complete copy, and turns it into a single file that needs no write-ahead log to be opened. */
function checkCopy(path: string, expected: Omit<BackupContent, 'bytes'>): void {
  const db = new Database(path, { fileMustExist: true })
  try {
    db.pragma('journal_mode = DELETE')
    requireIntact(db)
    const found = readContent(db)
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      throw new DamagedCopyError(
        `it has ${found.agents} agents at revision ${found.revision}, instead of ` +
          `${expected.agents} at ${expected.revision}`,
      )
    }
  } finally {
    db.close()
  }
}

/** @throws DamagedCopyError with what SQLite found first */
export function requireIntact(db: Database.Database): void {
  const result = String(db.pragma('integrity_check(1)', { simple: true }))
  if (result !== 'ok') throw new DamagedCopyError(result.replaceAll('\n', ' '))
}

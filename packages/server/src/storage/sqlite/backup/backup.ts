import { existsSync } from 'node:fs'
import type { BackupContent } from '../../../domain/backup-source.ts'
import { isSqliteError, requireNoHardLinks } from '../file/open-database.ts'
import {
  damagedCopy,
  requireNoFolder,
  sourceProblem,
  targetProblem,
  unusable,
} from './backup-problem.ts'
import { copyDatabase, DamagedCopyError, openForReading } from './database-copy.ts'
import type { FileBackupOptions } from './file-backup-options.ts'
import { PartialFile } from './partial-file.ts'
import { requireRegistryFile } from './registry-file.ts'

/**
 * Backs up a registry file, whether or not a registry is using it. Contains everything that the registry
 * acknowledged before the backup began, except heartbeats that it has not flushed yet.
 *
 * @throws RegistryError `STORAGE_UNUSABLE` that explains what to do; then there is no new file
 */
export async function backUpFile(options: FileBackupOptions): Promise<BackupContent> {
  const { from, to } = options
  requireRegistryFile(from)
  requireNoFolder(to)
  if (existsSync(to) && !options.force) {
    throw unusable(`${to} already exists. Use another name, or replace it with --force`)
  }
  return writeCopy(options, (partial) => partial.publish())
}

/**
 * Writes a checked copy of a registry file beside the target, and passes it on.
 *
 * @param publish gives the copy its name, or moves it
 * @throws RegistryError `STORAGE_UNUSABLE`; the copy is removed then
 */
export async function writeCopy(
  options: FileBackupOptions,
  publish: (partial: PartialFile, content: BackupContent) => void,
): Promise<BackupContent> {
  const { from, to, signal } = options
  try {
    using partial = new PartialFile(to)
    const source = openSource(from)
    try {
      const copied = await copyDatabase(source, partial.path, options)
      const content = { ...copied, bytes: partial.bytes }
      publish(partial, content)
      return content
    } catch (error) {
      if (isProblemOfSource(error)) throw sourceProblem(from, error)
      throw error instanceof DamagedCopyError ? damagedCopy(from, error) : error
    } finally {
      source.close()
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw targetProblem(to, error)
  }
}

function openSource(path: string): ReturnType<typeof openForReading> {
  try {
    requireNoHardLinks(path)
    return openForReading(path)
  } catch (error) {
    throw sourceProblem(path, error)
  }
}

/** Whether an error during the copy is about the file that is read. The other one is new. */
function isProblemOfSource(error: unknown): boolean {
  const isForeign = error instanceof Error && error.name === 'ForeignFileError'
  return (
    isForeign || isSqliteError(error, 'SQLITE_NOTADB') || isSqliteError(error, 'SQLITE_CORRUPT')
  )
}

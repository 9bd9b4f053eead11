import { statSync } from 'node:fs'
import type { BackupContent } from '../../../domain/backup-source.ts'
import { damagedFile, sourceProblem } from './backup-problem.ts'
import { DamagedCopyError, openForReading, requireIntact } from './database-copy.ts'
import { readContent } from './registry-content.ts'
import { requireRegistryFile } from './registry-file.ts'

/**
 * Checks all of a backup, and returns what it contains. Nothing changes.
 *
 * @throws RegistryError `STORAGE_UNUSABLE` when it cannot be restored
 */
export function inspectBackup(path: string): BackupContent {
  requireRegistryFile(path)
  try {
    const db = openForReading(path)
    try {
      requireIntact(db)
      return { ...readContent(db), bytes: statSync(path).size }
    } finally {
      db.close()
    }
  } catch (error) {
    throw error instanceof DamagedCopyError ? damagedFile(path, error) : sourceProblem(path, error)
  }
}

import { existsSync, statSync } from 'node:fs'
import { requireNoFolder, unusable } from './backup-problem.ts'

/**
 * Checks that there is a file: opening a missing one would create it.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export function requireRegistryFile(path: string): void {
  requireNoFolder(path)
  if (!existsSync(path)) throw unusable(`${path} does not exist: check the path`)
  if (statSync(path).size === 0 && !existsSync(`${path}-wal`)) {
    throw unusable(`${path} is empty: there is nothing to copy`)
  }
}

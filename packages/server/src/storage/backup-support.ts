import { RegistryError } from '../domain/registry-error.ts'
import { parseStorageUrl } from './storage-url.ts'

/**
 * Checks that scheduled backups of a store are possible: only a SQLite file is copied by the registry.
 *
 * @throws RegistryError `STORAGE_UNUSABLE` that says how to back up the store instead
 */
export function requireBackupSupport(url: string): void {
  const store = parseStorageUrl(url)
  if (store.kind === 'sqlite' && store.path !== ':memory:') return
  const instead =
    store.kind === 'postgres'
      ? 'back up the PostgreSQL database with pg_dump'
      : 'this store is kept in memory only'
  throw new RegistryError(
    'STORAGE_UNUSABLE',
    `scheduled backups (--backup-to) need a SQLite file: ${instead}`,
  )
}

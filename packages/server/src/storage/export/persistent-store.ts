import { withoutPassword } from '@rollcall/protocol'
import { RegistryError } from '../../domain/registry-error.ts'
import { parseStorageUrl, type StorageLocation } from '../storage-url.ts'

/** A store that is still there when its registry has stopped. */
export type PersistentStore = Exclude<StorageLocation, { kind: 'memory' }>

/** @throws RegistryError `STORAGE_UNUSABLE` for a store in memory */
export function requirePersistent(url: string): PersistentStore {
  const store = parseStorageUrl(url)
  if (store.kind !== 'memory' && !(store.kind === 'sqlite' && store.path === ':memory:'))
    return store
  throw new RegistryError(
    'STORAGE_UNUSABLE',
    `${withoutPassword(url)} is kept in memory only: use a SQLite file or PostgreSQL`,
  )
}

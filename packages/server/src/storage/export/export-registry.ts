import { type CopyProgress, type CopyResult, copySnapshot } from '../copy/copy-snapshot.ts'
import type { RegistrySnapshot } from '../copy/registry-snapshot.ts'
import { SqliteSnapshot } from '../copy/sqlite-snapshot.ts'
import { JsonLinesTarget, type WriteLines } from './json-lines-target.ts'
import { type PersistentStore, requirePersistent } from './persistent-store.ts'

/** Options of an export. */
export interface ExportOptions {
  /** URL of the store: `sqlite:///…` or `postgres://…`. Registries may be running on it. */
  readonly db: string
  /** PostgreSQL schema; default `rollcall`. */
  readonly schema?: string | undefined
  /** Writes some lines of JSON; may resolve once there is room for more. */
  readonly write: WriteLines
  /** Called after each page. */
  readonly progress?: ((progress: CopyProgress) => void) | undefined
}

/**
 * Exports a registry as JSON Lines, as of one moment: its agents with the remaining time of their leases, and
 * its history. The store does not change.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export async function exportRegistry(options: ExportOptions): Promise<CopyResult> {
  await using source = await openSnapshot(requirePersistent(options.db), options.schema)
  const target = await JsonLinesTarget.begin(source.position, options.write)
  return await copySnapshot(source, target, options.progress)
}

async function openSnapshot(
  store: PersistentStore,
  schema: string | undefined,
): Promise<RegistrySnapshot> {
  if (store.kind === 'sqlite') return SqliteSnapshot.ofCopy(store.path)
  // Loaded on demand, as for `createStorageBackend`.
  const { PostgresSnapshot } = await import('../postgres/snapshot.ts')
  return PostgresSnapshot.open(store.url, schema)
}

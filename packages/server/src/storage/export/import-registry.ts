import { type CopyProgress, type CopyResult, copySnapshot } from '../copy/copy-snapshot.ts'
import type { RegistryTarget } from '../copy/registry-snapshot.ts'
import { SqliteImport } from '../sqlite/import.ts'
import { JsonLinesSnapshot } from './json-lines-snapshot.ts'
import { type PersistentStore, requirePersistent } from './persistent-store.ts'

/** Options of an import. */
export interface ImportOptions {
  /** URL of an empty store: `sqlite:///…` or `postgres://…`. No registry may be running on it. */
  readonly db: string
  /** PostgreSQL schema; default `rollcall`. */
  readonly schema?: string | undefined
  /** The export. */
  readonly from: AsyncIterable<Uint8Array>
  /** Called after each page. */
  readonly progress?: ((progress: CopyProgress) => void) | undefined
}

/**
 * Imports an export into an empty store. Atomic: all of it is imported, or nothing.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`; with the number of the line when the export is not valid
 */
export async function importRegistry(options: ImportOptions): Promise<CopyResult> {
  const store = requirePersistent(options.db)
  await using source = await JsonLinesSnapshot.open(options.from)
  const target = await beginImport(store, options.schema)
  return await copySnapshot(source, target, options.progress)
}

async function beginImport(
  store: PersistentStore,
  schema: string | undefined,
): Promise<RegistryTarget> {
  if (store.kind === 'sqlite') return SqliteImport.begin(store.path)
  const { PostgresImport } = await import('../postgres/import.ts')
  return PostgresImport.begin(store.url, schema)
}

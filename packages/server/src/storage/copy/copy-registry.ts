import { withoutPassword } from '@rollcall/protocol'
import { RegistryError } from '../../domain/registry-error.ts'
import { parseStorageUrl } from '../storage-url.ts'
import { type CopyProgress, type CopyResult, copySnapshot } from './copy-snapshot.ts'
import { SqliteSnapshot } from './sqlite-snapshot.ts'

/** Options of a copy. */
export interface CopyOptions {
  /** URL of the source file: `sqlite:///…`. It must not be in use during the copy. */
  readonly from: string
  /** URL of an empty PostgreSQL store. */
  readonly to: string
  /** Target schema; default `rollcall`. */
  readonly schema?: string | undefined
  /** Called after each page. */
  readonly progress?: ((progress: CopyProgress) => void) | undefined
}

/**
 * Copies a registry to PostgreSQL: the agents with the remaining time of their leases, and the history,
 * which continues there. The copy is atomic. The source does not change, except that lapsed leases
 * expire, as a restart would do too.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export async function copyRegistry(options: CopyOptions): Promise<CopyResult> {
  if (parseStorageUrl(options.to).kind !== 'postgres') {
    throw unusable('the target must be a postgres:// URL')
  }
  await using source = await SqliteSnapshot.open(pathOf(options.from))
  const { PostgresImport } = await import('../postgres/import.ts')
  const target = await PostgresImport.begin(options.to, options.schema)
  return await copySnapshot(source, target, options.progress)
}

function pathOf(from: string): string {
  const source = parseStorageUrl(from)
  if (source.kind === 'sqlite' && source.path !== ':memory:') return source.path
  throw unusable(
    `${withoutPassword(from)} is not a registry file: use sqlite:///relative.db or ` +
      'sqlite:////absolute.db',
  )
}

function unusable(message: string): RegistryError {
  return new RegistryError('STORAGE_UNUSABLE', message)
}

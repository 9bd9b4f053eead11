import { withoutPassword } from '@rollcall/protocol'
import { RegistryError } from '../domain/registry-error.ts'
import { parsePostgresUrl } from './postgres/connections/target.ts'

/** What a storage URL names. */
export type StorageLocation =
  | { readonly kind: 'memory' }
  /** `:memory:`, a relative or an absolute path. */
  | { readonly kind: 'sqlite'; readonly path: string }
  /** The URL as it is. */
  | { readonly kind: 'postgres'; readonly url: string }

const SUPPORTED = `Supported are:
  memory:                             nothing is kept
  sqlite:///rollcall.db               a file, relative to the working directory
  sqlite:////var/lib/rollcall.db      a file, absolute
  sqlite:///:memory:                  SQLite without a file
  postgres://user:password@host/db    PostgreSQL: one registry on many nodes`

/**
 * Reads a storage URL; those of SQLite are written as SQLAlchemy writes them.
 *
 * @throws RegistryError `STORAGE_UNUSABLE` that says what is wrong with it, without the password
 */
export function parseStorageUrl(url: string): StorageLocation {
  if (url === 'memory:' || url === 'memory://') return { kind: 'memory' }
  if (/^postgres(ql)?:\/\//.test(url)) {
    parsePostgresUrl(url)
    return { kind: 'postgres', url }
  }
  const path = /^sqlite:\/\/\/([^?#]+)$/.exec(url)?.[1]
  if (path !== undefined && !path.endsWith('/')) {
    return { kind: 'sqlite', path: decodePath(path, url) }
  }
  throw new RegistryError(
    'STORAGE_UNUSABLE',
    `"${withoutPassword(url)}" is not a storage URL that Rollcall knows. ${SUPPORTED}`,
  )
}

function decodePath(path: string, url: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new RegistryError(
      'STORAGE_UNUSABLE',
      `"${withoutPassword(url)}" has a percent sign that encodes nothing`,
    )
  }
}

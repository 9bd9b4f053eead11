import { withoutPassword } from '@rollcall/protocol'
import { RegistryError } from '../domain/registry-error.ts'
import { parsePostgresUrl } from './postgres/connections/target.ts'

/** The store that a storage URL identifies. */
export type StorageLocation =
  | { readonly kind: 'memory' }
  /** `:memory:`, a relative or an absolute path. */
  | { readonly kind: 'sqlite'; readonly path: string }
  /** The URL, unchanged. */
  | { readonly kind: 'postgres'; readonly url: string }

const SUPPORTED = `Supported are:
  memory:                             not persistent
  sqlite:///rollcall.db               a file, relative to the working directory
  sqlite:////var/lib/rollcall.db      a file, absolute
  sqlite:///:memory:                  SQLite in memory, no file
  postgres://user:password@host/db    PostgreSQL, shared by several nodes`

/**
 * Parses a storage URL. SQLite URLs follow the SQLAlchemy format.
 *
 * @throws RegistryError `STORAGE_UNUSABLE` that explains what is wrong, without the password
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
    `"${withoutPassword(url)}" is not a supported storage URL. ${SUPPORTED}`,
  )
}

function decodePath(path: string, url: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new RegistryError(
      'STORAGE_UNUSABLE',
      `"${withoutPassword(url)}" contains an invalid percent-encoding`,
    )
  }
}

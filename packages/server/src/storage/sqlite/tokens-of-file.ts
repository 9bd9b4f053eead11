import type { OpenTokenStore } from '../../access/token-store.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import { openDatabase } from './file/open-database.ts'
import { realPath } from './file/real-path.ts'
import { deleteToken, readTokens, writeToken } from './schema/access-tokens.ts'

/**
 * Opens the tokens of a file that no registry is using.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export function openTokensOfFile(
  path: string,
  options: { mustExist?: boolean | undefined },
): OpenTokenStore {
  const { db, close } = orUnusable(() =>
    openDatabase(realPath(path), { mustExist: options.mustExist ?? false }),
  )
  return {
    store: {
      create: async (token) => orUnusable(() => writeToken(db, token)),
      revoke: async (id) => orUnusable(() => deleteToken(db, id)),
      list: async () => orUnusable(() => readTokens(db)),
    },
    close: async () => close(),
  }
}

function orUnusable<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new RegistryError('STORAGE_UNUSABLE', message, { cause })
  }
}

import { StoredTokens } from '../access/stored-tokens.ts'
import type { OpenTokenStore, TokenAdministration } from '../access/token-store.ts'
import { systemClock } from '../domain/clock.ts'
import { RegistryError } from '../domain/registry-error.ts'
import { openTokensOfFile } from './sqlite/tokens-of-file.ts'
import { parseStorageUrl } from './storage-url.ts'

/** Options of {@link openTokens}. */
export interface OpenTokensOptions {
  /** PostgreSQL schema of the registry; default `rollcall`. */
  readonly schema?: string | undefined
  /** Whether to fail if there is no file yet, rather than to create it; default false. */
  readonly mustExist?: boolean | undefined
}

/**
 * Opens the tokens of a store without its registry: the first token of a registry that listens on other addresses
 * than loopback is created so. A file must not be in use; nodes may be running on a database.
 *
 * @param url `sqlite:///…` or `postgres://…`; the schema is created or upgraded
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export async function openTokens(
  url: string,
  options: OpenTokensOptions = {},
): Promise<TokenAdministration & AsyncDisposable> {
  const { store, close } = await openStore(url, options)
  const tokens = new StoredTokens({
    store,
    clock: systemClock,
    isShared: false,
    found: () => undefined,
  })
  return Object.assign(tokens, { [Symbol.asyncDispose]: close })
}

async function openStore(url: string, options: OpenTokensOptions): Promise<OpenTokenStore> {
  const location = parseStorageUrl(url)
  if (location.kind === 'postgres') {
    const { openTokensOfDatabase } = await import('./postgres/tokens-of-database.ts')
    return await openTokensOfDatabase(location.url, options.schema)
  }
  if (location.kind === 'sqlite' && location.path !== ':memory:') {
    return openTokensOfFile(location.path, options)
  }
  throw new RegistryError('STORAGE_UNUSABLE', `${url} keeps nothing: name a file or a database`)
}

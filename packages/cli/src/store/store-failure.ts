import type { StorageLocation } from '@rollcall/server'
import { EXIT_CODES } from '../exit-codes.ts'
import { CommandFailure, failureLine } from '../output/failure.ts'

type Server = typeof import('@rollcall/server')
/** Both entries of the server contain it. */
type UrlParser = Pick<Server, 'parseStorageUrl'>

/** Reports the failure of a command that opens a store itself, and sets the exit code. */
export function reportStoreFailure(error: unknown, asJson: boolean | undefined): void {
  const message = error instanceof Error ? error.message : String(error)
  const code = isCoded(error) ? error.code : 'FAILED'
  process.stderr.write(failureLine({ code, message }, asJson ?? false))
  process.exitCode = code === 'USAGE' ? EXIT_CODES.usage : EXIT_CODES.failed
}

function isCoded(error: unknown): error is { readonly code: string } {
  if (error instanceof CommandFailure) return true
  return error instanceof Error && error.name === 'RegistryError' && 'code' in error
}

/** @throws CommandFailure `USAGE` for a URL that is no store */
export function parseStore({ parseStorageUrl }: UrlParser, url: string): StorageLocation {
  try {
    return parseStorageUrl(url)
  } catch (error) {
    throw new CommandFailure('USAGE', error instanceof Error ? error.message : String(error))
  }
}

/**
 * Returns the path of a SQLite store.
 *
 * @param server what was loaded of it
 * @param advice what to do with a store in PostgreSQL
 * @throws CommandFailure `USAGE` for any other store
 */
export function requireSqlite(server: UrlParser, url: string, advice: string): string {
  const store = parseStore(server, url)
  if (store.kind === 'sqlite' && store.path !== ':memory:') return store.path
  const hint = store.kind === 'postgres' ? advice : 'it is kept in memory only'
  throw new CommandFailure('USAGE', `--db must be a file, sqlite:///…: ${hint}`)
}

/** @throws CommandFailure `USAGE` for an invalid schema name */
export function requireSchema({ settingProblem }: Server, schema: string): void {
  const problem = settingProblem('dbSchema', schema)
  if (problem !== undefined) throw new CommandFailure('USAGE', `--db-schema ${problem}`)
}

/** Says how to start a registry on a store that was filled. */
export function serveLine(db: string, schema: string): string {
  const option = schema === 'rollcall' ? '' : ` --db-schema ${schema}`
  return `start it with: rollcall serve --db ${db}${option}`
}

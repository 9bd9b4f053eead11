import { inject } from 'vitest'
import type {} from './shared-postgres-setup.ts'
import { createDatabase, dropDatabase } from './test-database.ts'

/** An empty database for one test, dropped when disposed. */
export interface FreshDatabase extends AsyncDisposable {
  /** URL with user and password. */
  readonly url: string
}

/**
 * Creates a database on the PostgreSQL server that all tests of a run share, which is started at
 * the first request. With `TEST_POSTGRES_URL` in the environment it uses that server instead; the
 * role in the URL must be allowed to create databases (`ALTER ROLE … CREATEDB`).
 *
 * Tests that stop, kill or reconfigure the server use `PostgresServer`.
 */
export async function freshDatabase(): Promise<FreshDatabase> {
  const serverUrl = await sharedServerUrl()
  const url = await createDatabase(serverUrl)
  return { url, [Symbol.asyncDispose]: () => dropDatabase(serverUrl, url) }
}

async function sharedServerUrl(): Promise<string> {
  const given = process.env.TEST_POSTGRES_URL
  if (given !== undefined && given !== '') return given
  const response = await fetch(inject('sharedPostgres'))
  const text = await response.text()
  if (!response.ok) throw new Error(`The shared PostgreSQL did not start: ${text}`)
  return text
}

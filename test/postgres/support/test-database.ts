import { randomBytes } from 'node:crypto'
import { queryOnce } from './postgres-client.ts'

/** Creates an empty database with a unique name and returns its URL. */
export async function createDatabase(serverUrl: string): Promise<string> {
  const name = `rollcall_test_${randomBytes(6).toString('hex')}`
  // No session can be connected to template0, which would block copying it.
  await queryOnce(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Drops a database, closing its connections. */
export async function dropDatabase(serverUrl: string, url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1)
  await queryOnce(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
}

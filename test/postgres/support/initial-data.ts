import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PostgresFolder } from './postgres-folder.ts'
import { chownToPostgres, postgresUser } from './postgres-user.ts'

/** The superuser of a new server. */
export interface Superuser {
  readonly user: string
  readonly password: string
}

/** Initializes the data folder of a new server with `initdb`. */
export async function initializeData(
  initdb: string,
  folder: PostgresFolder,
  { user, password }: Superuser,
): Promise<void> {
  const passwordFile = join(folder.path, 'password')
  await writeFile(passwordFile, password)
  chownToPostgres(passwordFile)
  const options = {
    pgdata: folder.data,
    username: user,
    pwfile: passwordFile,
    auth: 'scram-sha-256',
    encoding: 'UTF8',
    // Texts sort by language, as on most servers in use: a query that needs byte order must specify
    // it.
    locale: 'C',
    'locale-provider': 'icu',
    'icu-locale': 'en-US',
  }
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  await promisify(execFile)(initdb, [...args, '--no-sync'], {
    cwd: folder.path,
    env: { LC_ALL: 'C' },
    ...postgresUser(),
  })
}

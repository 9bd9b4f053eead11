import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PostgresFolder } from './postgres-folder.ts'
import { giveToPostgres, runsAs } from './postgres-user.ts'

/** Who may do everything on a new server. */
export interface Superuser {
  readonly user: string
  readonly password: string
}

/** Fills the data folder of a new server, by the program `initdb`. */
export async function initializeData(
  initdb: string,
  folder: PostgresFolder,
  { user, password }: Superuser,
): Promise<void> {
  const passwordFile = join(folder.path, 'password')
  await writeFile(passwordFile, password)
  giveToPostgres(passwordFile)
  const options = {
    pgdata: folder.data,
    username: user,
    pwfile: passwordFile,
    auth: 'scram-sha-256',
    encoding: 'UTF8',
    // Texts are ordered by language, as on most servers in use: who needs the order of their bytes
    // has to say so.
    locale: 'C',
    'locale-provider': 'icu',
    'icu-locale': 'en-US',
  }
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  await promisify(execFile)(initdb, [...args, '--no-sync'], {
    cwd: folder.path,
    env: { LC_ALL: 'C' },
    ...runsAs(),
  })
}

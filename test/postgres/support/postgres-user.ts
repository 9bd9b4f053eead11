import { chownSync, constants, globSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** User and group of a process, as `spawn` takes them. */
export interface UserOfProcess {
  readonly uid: number
  readonly gid: number
}

/** `nobody`, whose id is the same nearly everywhere; `initdb` needs a user with a name. */
const NOBODY: UserOfProcess = { uid: 65_534, gid: 65_534 }

/**
 * The user that PostgreSQL has to run as: `nobody` if the tests run as root, which PostgreSQL
 * rejects.
 */
export function postgresUser(): UserOfProcess | undefined {
  return process.getuid?.() === 0 ? NOBODY : undefined
}

/**
 * Whether the user that PostgreSQL runs as may enter a folder; the home of root, for one, is
 * closed.
 */
export function isReachable(folder: string): boolean {
  if (postgresUser() === undefined) return true
  const isOpen = (statSync(folder).mode & constants.S_IXOTH) !== 0
  return isOpen && (dirname(folder) === folder || isReachable(dirname(folder)))
}

/** Gives ownership of a file or folder, recursively, to the user that PostgreSQL runs as. */
export function chownToPostgres(path: string): void {
  const user = postgresUser()
  if (user === undefined) return
  chownSync(path, user.uid, user.gid)
  for (const name of globSync('**', { cwd: path })) {
    chownSync(join(path, name), user.uid, user.gid)
  }
}

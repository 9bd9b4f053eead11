import { chownSync, constants, globSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The user and the group of a process, as `spawn` takes them. */
export interface UserOfProcess {
  readonly uid: number
  readonly gid: number
}

/** `nobody`, under the number it has nearly everywhere; `initdb` wants a user that has a name. */
const NOBODY: UserOfProcess = { uid: 65_534, gid: 65_534 }

/** Whom PostgreSQL has to run as: nobody where the tests run as root, whom it refuses. */
export function runsAs(): UserOfProcess | undefined {
  return process.getuid?.() === 0 ? NOBODY : undefined
}

/** Whether the user that PostgreSQL runs as may enter a folder; root's home, for one, is closed. */
export function isReachable(folder: string): boolean {
  if (runsAs() === undefined) return true
  const isOpen = (statSync(folder).mode & constants.S_IXOTH) !== 0
  return isOpen && (dirname(folder) === folder || isReachable(dirname(folder)))
}

/** Gives a file, or a folder and all that is in it, to the user that PostgreSQL runs as. */
export function giveToPostgres(path: string): void {
  const user = runsAs()
  if (user === undefined) return
  chownSync(path, user.uid, user.gid)
  for (const name of globSync('**', { cwd: path })) {
    chownSync(join(path, name), user.uid, user.gid)
  }
}

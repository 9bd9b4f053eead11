import type { ChildProcess } from 'node:child_process'
import { rmSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { type CommandOptions, spawnRollcall } from './rollcall-command.ts'

/** Makes the file of a registry large, so that its backup takes a while. */
export function enlarge(path: string): void {
  const db = new Database(path)
  db.exec('CREATE TABLE filler (bytes BLOB); INSERT INTO filler VALUES (zeroblob(100000000))')
  db.close()
}

/**
 * Starts `rollcall backup`, and returns it while it writes; one that was faster is made again.
 *
 * @param to path of the backup
 */
export async function backupThatWrites(
  args: readonly string[],
  to: string,
  options: CommandOptions,
): Promise<ChildProcess> {
  for (;;) {
    const backup = spawnRollcall(args, options)
    while (backup.exitCode === null && !hasContent(`${to}.partial`)) await sleep(2)
    if (backup.exitCode === null) return backup
    rmSync(to)
  }
}

function hasContent(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0
}

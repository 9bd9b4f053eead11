import { contentLine } from '../store/backup-text.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const TOPIC = 'backups'
/** Hours after which the newest backup deserves a warning. */
const OLD_HOURS = 25

/**
 * Checks the newest scheduled backup in a folder: its age, and whether it can be restored.
 *
 * @param nowMs Unix time in milliseconds
 */
export async function checkBackups(folder: string, nowMs: number): Promise<Finding> {
  const { backupsIn } = await import('@rollcall/server')
  const { inspectBackup } = await import('@rollcall/server/backup')
  try {
    const newest = (await backupsIn(folder)).at(-1)
    if (newest === undefined) {
      const advice = `make them with: rollcall serve --backup-to ${folder}`
      return warn(TOPIC, `${folder} contains no scheduled backup`, advice)
    }
    const message = `${newest.name}: ${contentLine(inspectBackup(newest.path))}; all pages checked`
    const hours = Math.floor((nowMs - newest.atMs) / 3_600_000)
    if (hours < OLD_HOURS) return ok(TOPIC, message)
    const advice = 'look for failed backups in the log of the registry'
    return warn(TOPIC, `the newest is ${hours} hours old: ${message}`, advice)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return fail(TOPIC, reason, 'make another backup, and check the disk')
  }
}

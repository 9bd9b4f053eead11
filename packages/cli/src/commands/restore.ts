import { Command } from 'commander'
import { ProgressBar } from '../output/progress-bar.ts'
import { print } from '../output/terminal.ts'
import { contentLine } from '../store/backup-text.ts'
import { reportStoreFailure, requireSqlite } from '../store/store-failure.ts'

interface RestoreOptions {
  readonly from: string
  readonly db: string
  readonly force?: true
  readonly json?: true
}

/** `rollcall restore` makes a registry file from a backup. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('Restore the file of a registry from a backup.')
    .requiredOption('--from <file>', 'The backup')
    .requiredOption('--db <url>', 'Store to restore: sqlite:///…')
    .option('--force', 'Replace an existing file, which is kept as FILE.before-restore-TIME')
    .option('--json', 'Print JSON, also for errors')
    .addHelpText(
      'after',
      `
Stop the registry first. The backup is checked before anything changes. When the
registry starts again, every agent that was alive at the time of the backup has
at least 30 s (--restart-grace), as after any restart. Agents that registered
later register again by themselves.

Examples:
  rollcall restore --from backup.db --db sqlite:///rollcall.db --force
  rollcall serve --db sqlite:///rollcall.db`,
    )
    .action(restore)
}

async function restore({ from, db, force, json }: RestoreOptions): Promise<void> {
  const files = await import('@rollcall/server/backup')
  using bar = new ProgressBar()
  try {
    const { before, ...content } = await files.restoreFile({
      from,
      to: requireSqlite(files, db, 'restore a PostgreSQL database with pg_restore'),
      force,
      progress: (done, total) => bar.show('pages', done, total),
    })
    bar.clear()
    if (json) return await print(`${JSON.stringify({ ...content, before: before ?? null })}\n`)
    const kept = before === undefined ? '' : `the file that was there is kept: ${before}\n`
    await print(
      `restored ${contentLine(content)}\n${kept}start it with: rollcall serve --db ${db}\n`,
    )
  } catch (error) {
    bar.clear()
    reportStoreFailure(error, json)
  }
}

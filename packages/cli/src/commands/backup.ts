import { Command } from 'commander'
import { ProgressBar } from '../output/progress-bar.ts'
import { print } from '../output/terminal.ts'
import { Interruption, interruptSignal } from '../process/interruption.ts'
import { contentLine } from '../store/backup-text.ts'
import { reportStoreFailure, requireSqlite } from '../store/store-failure.ts'

interface BackupOptions {
  readonly db: string
  readonly to: string
  readonly force?: true
  readonly json?: true
}

/** `rollcall backup` copies the file of a registry while it runs. */
export function backupCommand(): Command {
  return new Command('backup')
    .description('Back up the file of a registry, running or stopped.')
    .requiredOption('--db <url>', 'Store of the registry: sqlite:///…')
    .requiredOption('--to <file>', 'The backup')
    .option('--force', 'Replace an existing backup')
    .option('--json', 'Print JSON, also for errors')
    .addHelpText(
      'after',
      `
The backup is one moment of the registry: everything acknowledged before it,
except heartbeats of the last --heartbeat-flush-interval. It is checked, and
gets its name only when it is complete. Restore it with: rollcall restore.
For PostgreSQL, use pg_dump.

Examples:
  rollcall backup --db sqlite:///rollcall.db --to backup.db
  rollcall backup --db sqlite:////var/lib/rollcall.db --to /backup/today.db --force`,
    )
    .action(backUp)
}

async function backUp({ db, to, force, json }: BackupOptions): Promise<void> {
  const files = await import('@rollcall/server/backup')
  files.lowerPriority()
  using bar = new ProgressBar()
  const signal = interruptSignal()
  try {
    const content = await files.backUpFile({
      from: requireSqlite(files, db, 'back up a PostgreSQL database with pg_dump'),
      to,
      force,
      signal,
      progress: (done, total) => bar.show('pages', done, total),
    })
    bar.clear()
    await print(
      json ? `${JSON.stringify({ ...content, to })}\n` : `${to}: ${contentLine(content)}\n`,
    )
  } catch (error) {
    bar.clear()
    const reason =
      error instanceof Interruption ? new Error('interrupted; there is no backup') : error
    reportStoreFailure(reason, json)
  }
}

import { withoutPassword } from '@rollcall/protocol'
import type { CopyProgress } from '@rollcall/server'
import { Command } from 'commander'
import { count } from '../output/count.ts'
import { ProgressBar } from '../output/progress-bar.ts'
import { print } from '../output/terminal.ts'
import { parseStore, reportStoreFailure, requireSchema, serveLine } from '../store/store-failure.ts'

interface MigrateOptions {
  readonly from: string
  readonly to: string
  readonly dbSchema: string
  readonly json?: true
}

/** `rollcall migrate` moves a registry to PostgreSQL. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Move a registry to PostgreSQL, with its leases and history.')
    .requiredOption('--from <url>', 'Source store: sqlite:///…')
    .requiredOption('--to <url>', 'Empty target store: postgres://user:password@host/database')
    .option('--db-schema <name>', 'Target PostgreSQL schema', 'rollcall')
    .option('--json', 'Print JSON, also for errors')
    .addHelpText(
      'after',
      `
Stop the registry first; its file is not changed. The migration is atomic. No
lease lapses in the new store before a registry is started on it; then every
live agent has at least 30 s, as after any restart. Streams resume where they
stopped. Set PGPASSWORD to keep the password out of the process list.

Examples:
  rollcall migrate --from sqlite:///rollcall.db --to postgres://me@db1/rollcall
  rollcall serve --db postgres://me@db1/rollcall`,
    )
    .action(migrate)
}

async function migrate({ from, to, dbSchema, json }: MigrateOptions): Promise<void> {
  const server = await import('@rollcall/server')
  const { copyRegistry } = server
  using bar = new ProgressBar()
  try {
    requireSchema(server, dbSchema)
    for (const url of [from, to]) parseStore(server, url)
    const copied = await copyRegistry({
      from,
      to,
      schema: dbSchema,
      progress: ({ what, done, total }: CopyProgress) => bar.show(what, done, total),
    })
    bar.clear()
    if (json) return await print(`${JSON.stringify(copied)}\n`)
    const { agents, alive, transitions } = copied
    await print(
      `moved ${count(agents)} agents (${count(alive)} alive) and ${count(transitions)} ` +
        `transitions\n${serveLine(withoutPassword(to), dbSchema)}\n`,
    )
  } catch (error) {
    bar.clear()
    reportStoreFailure(error, json)
  }
}

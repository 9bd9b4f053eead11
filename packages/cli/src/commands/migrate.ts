import { withoutPassword } from '@rollcall/protocol'
import type { CopyProgress } from '@rollcall/server'
import { Command } from 'commander'
import { EXIT_CODES } from '../exit-codes.ts'
import { count } from '../output/count.ts'
import { CommandFailure, failureLine } from '../output/failure.ts'
import { ProgressBar } from '../output/progress-bar.ts'
import { print } from '../output/terminal.ts'

interface MigrateOptions {
  readonly from: string
  readonly to: string
  readonly dbSchema: string
  readonly json?: true
}

/** `rollcall migrate`: a registry moves into PostgreSQL. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Move a registry into PostgreSQL, with its leases and its history.')
    .requiredOption('--from <url>', 'the store as it is: sqlite:///…')
    .requiredOption('--to <url>', 'an empty one: postgres://user:password@host/database')
    .option('--db-schema <name>', 'schema in PostgreSQL that is to hold it', 'rollcall')
    .option('--json', 'print JSON, also for errors')
    .addHelpText(
      'after',
      `
Stop the registry first; its file stays as it is. All of it is moved, or
nothing. Until the first registry is started on the new store, no lease runs out
there; then every live agent has 30 s at least, as after any restart. Streams go
on from where they were. PGPASSWORD keeps the password out of the list of
processes.

Examples:
  rollcall migrate --from sqlite:///rollcall.db --to postgres://me@db1/rollcall
  rollcall serve --db postgres://me@db1/rollcall`,
    )
    .action(migrate)
}

async function migrate({ from, to, dbSchema, json }: MigrateOptions): Promise<void> {
  const server = await import('@rollcall/server')
  const { copyRegistry, isRegistryError } = server
  using bar = new ProgressBar()
  try {
    requireUsable(server, { from, to, dbSchema })
    const copied = await copyRegistry({
      from,
      to,
      schema: dbSchema,
      progress: ({ what, done, total }: CopyProgress) => bar.show(what, done, total),
    })
    bar.clear()
    if (json) return await print(`${JSON.stringify(copied)}\n`)
    const { agents, alive, transitions } = copied
    const schema = dbSchema === 'rollcall' ? '' : ` --db-schema ${dbSchema}`
    await print(
      `moved ${count(agents)} agents (${count(alive)} alive) and ${count(transitions)} ` +
        'transitions\n' +
        `start it with: rollcall serve --db ${withoutPassword(to)}${schema}\n`,
    )
  } catch (error) {
    bar.clear()
    const message = error instanceof Error ? error.message : String(error)
    const code = isRegistryError(error) || error instanceof CommandFailure ? error.code : 'FAILED'
    process.stderr.write(failureLine({ code, message }, json ?? false))
    process.exitCode = code === 'USAGE' ? EXIT_CODES.usage : EXIT_CODES.failed
  }
}

/** @throws CommandFailure `USAGE` for what no registry can be called */
function requireUsable(
  { parseStorageUrl, settingProblem }: typeof import('@rollcall/server'),
  { from, to, dbSchema }: Pick<MigrateOptions, 'from' | 'to' | 'dbSchema'>,
): void {
  const problem = settingProblem('dbSchema', dbSchema)
  if (problem !== undefined) throw new CommandFailure('USAGE', `--db-schema ${problem}`)
  for (const url of [from, to]) {
    try {
      parseStorageUrl(url)
    } catch (error) {
      throw new CommandFailure('USAGE', error instanceof Error ? error.message : String(error))
    }
  }
}

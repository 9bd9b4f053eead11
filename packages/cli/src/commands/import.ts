import { createReadStream } from 'node:fs'
import { withoutPassword } from '@rollcall/protocol'
import { Command } from 'commander'
import { count } from '../output/count.ts'
import { CommandFailure } from '../output/failure.ts'
import { ProgressBar } from '../output/progress-bar.ts'
import { print } from '../output/terminal.ts'
import { parseStore, reportStoreFailure, requireSchema, serveLine } from '../store/store-failure.ts'

interface ImportOptions {
  readonly db: string
  readonly dbSchema: string
  readonly from: string
  readonly json?: true
}

/** `rollcall import` reads an export into an empty store. */
export function importCommand(): Command {
  return new Command('import')
    .description('Import an export into an empty store.')
    .requiredOption('--db <url>', 'Empty store: sqlite:///… or postgres://…')
    .option('--db-schema <name>', 'PostgreSQL schema of the registry', 'rollcall')
    .option('--from <file>', 'The export; - for stdin', '-')
    .option('--json', 'Print JSON, also for errors')
    .addHelpText(
      'after',
      `
The import is atomic: an export that is damaged or cut off changes nothing. No
lease lapses before a registry is started on the store; then every live agent
has at least 30 s, as after any restart.

Examples:
  rollcall import --db sqlite:///restored.db --from registry.jsonl
  gunzip < registry.jsonl.gz | rollcall import --db postgres://me@db1/rollcall`,
    )
    .action(importFrom)
}

async function importFrom({ db, dbSchema, from, json }: ImportOptions): Promise<void> {
  const server = await import('@rollcall/server')
  using bar = new ProgressBar()
  try {
    parseStore(server, db)
    requireSchema(server, dbSchema)
    const imported = await server.importRegistry({
      db,
      schema: dbSchema,
      from: from === '-' ? standardInput() : createReadStream(from),
      progress: ({ what, done, total }) => bar.show(what, done, total),
    })
    bar.clear()
    if (json) return await print(`${JSON.stringify(imported)}\n`)
    const { agents, alive, transitions } = imported
    await print(
      `imported ${count(agents)} agents (${count(alive)} alive) and ${count(transitions)} ` +
        `transitions\n${serveLine(withoutPassword(db), dbSchema)}\n`,
    )
  } catch (error) {
    bar.clear()
    reportStoreFailure(error, json)
  }
}

function standardInput(): AsyncIterable<Uint8Array> {
  if (!process.stdin.isTTY) return process.stdin
  throw new CommandFailure('USAGE', 'there is nothing to import: use --from, or pipe an export in')
}

import { once } from 'node:events'
import { Command } from 'commander'
import { count } from '../output/count.ts'
import { ProgressBar } from '../output/progress-bar.ts'
import { print, printHint } from '../output/terminal.ts'
import { parseStore, reportStoreFailure, requireSchema } from '../store/store-failure.ts'

interface ExportOptions {
  readonly db: string
  readonly dbSchema: string
  readonly to: string
  readonly force?: true
  readonly json?: true
}

/** `rollcall export` writes a registry as JSON Lines. */
export function exportCommand(): Command {
  return new Command('export')
    .description('Export a registry as JSON Lines, from any store.')
    .requiredOption('--db <url>', 'Store of the registry: sqlite:///… or postgres://…')
    .option('--db-schema <name>', 'PostgreSQL schema of the registry', 'rollcall')
    .option('--to <file>', 'The export; - for stdout', '-')
    .option('--force', 'Replace an existing file')
    .option('--json', 'Print JSON, also for errors')
    .addHelpText(
      'after',
      `
The export is one moment of the registry, which may be running: its agents with
the remaining time of their leases, and its history. Read it back into any empty
store with: rollcall import.

Examples:
  rollcall export --db sqlite:///rollcall.db --to registry.jsonl
  rollcall export --db postgres://me@db1/rollcall | gzip > registry.jsonl.gz`,
    )
    .action(exportTo)
}

async function exportTo(options: ExportOptions): Promise<void> {
  const { db, dbSchema, to, force, json } = options
  const { lowerPriority } = await import('@rollcall/server/backup')
  // Before the rest of the server is loaded, which takes longer than to export a small registry.
  lowerPriority()
  const server = await import('@rollcall/server')
  using bar = new ProgressBar()
  const progress = (at: { what: string; done: number; total: number }): void =>
    bar.show(at.what, at.done, at.total)
  try {
    parseStore(server, db)
    requireSchema(server, dbSchema)
    const store = { db, schema: dbSchema, progress }
    if (to === '-') {
      const exported = await server.exportRegistry({ ...store, write: writeToStdout })
      bar.clear()
      return printHint(summaryOf(exported))
    }
    const exported = await server.exportToFile({ ...store, to, force })
    bar.clear()
    await print(json ? `${JSON.stringify(exported)}\n` : `${to}: ${summaryOf(exported)}\n`)
  } catch (error) {
    bar.clear()
    reportStoreFailure(error, json)
  }
}

function summaryOf({
  agents,
  alive,
  transitions,
}: Record<'agents' | 'alive' | 'transitions', number>) {
  return `${count(agents)} agents (${count(alive)} alive) and ${count(transitions)} transitions`
}

async function writeToStdout(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

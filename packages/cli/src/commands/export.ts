import { once } from 'node:events'
import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { Command } from 'commander'
import { count } from '../output/count.ts'
import { CommandFailure } from '../output/failure.ts'
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
    if (existsSync(to) && !force) {
      throw new CommandFailure('FAILED', `${to} already exists. Use another name, or --force`)
    }
    const exported = await writeFile(server, to, (write) =>
      server.exportRegistry({ ...store, write }),
    )
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

/** Writes a file that gets its name when it is complete. */
async function writeFile<Result>(
  { PartialFile, targetProblem }: typeof import('@rollcall/server'),
  path: string,
  work: (write: (text: string) => void) => Promise<Result>,
): Promise<Result> {
  try {
    using partial = new PartialFile(path)
    const file = openSync(partial.path, 'r+')
    let result: Result
    try {
      result = await work((text) => writeAll(file, Buffer.from(text)))
    } finally {
      closeSync(file)
    }
    partial.publish()
    return result
  } catch (error) {
    throw targetProblem(path, error)
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

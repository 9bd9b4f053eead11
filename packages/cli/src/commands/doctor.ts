import type { Command } from 'commander'
import { checkConfiguration } from '../doctor/configuration.ts'
import { checkDatabase } from '../doctor/database.ts'
import { type Finding, type Verdict, wrong } from '../doctor/finding.ts'
import { checkPostgres, isPostgresUrl } from '../doctor/postgres.ts'
import { checkRegistry } from '../doctor/registry.ts'
import { EXIT_CODES } from '../exit-codes.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { columns, isTerminal, type Look, paint, print } from '../output/terminal.ts'
import { fold } from '../output/text-width.ts'

interface DoctorOptions extends RegistryOptions {
  readonly db?: string
  readonly dbSchema: string
}

const MARKS: Readonly<Record<Verdict, { mark: string; look: Look }>> = {
  good: { mark: '✓', look: 'green' },
  odd: { mark: '!', look: 'yellow' },
  wrong: { mark: '✗', look: 'red' },
}

const EXAMPLES = [
  'rollcall doctor',
  'rollcall doctor --db sqlite:///rollcall.db --json',
  'rollcall doctor --db postgres://me:pw@db1,db2/rollcall',
]

/** `rollcall doctor`: finds out what is wrong, and says what to do. */
export function doctorCommand(): Command {
  // A broken configuration file is one of the findings.
  return registryCommand('doctor', EXAMPLES, () => undefined)
    .description('Find out what is wrong: settings, registry, clocks, change feed, store.')
    .option('--db <url>', 'also look at this store: sqlite:///… or postgres://…')
    .option('--db-schema <name>', 'schema of the registry in PostgreSQL', 'rollcall')
    .addHelpText(
      'after',
      `
✓ is fine, ! works but should not be so, ✗ is wrong: then the exit code is 1.
Of a file, only the first page is read: a registry may be using it. A database
is asked with the role of the URL, as a node would; nothing is changed there.`,
    )
    .action(async (options: DoctorOptions, command: Command) => {
      const { registry, timeout, db, json } = options
      const source = command.getOptionValueSource('registry')
      const findings = [
        ...(await checkConfiguration(registry, source, process.env)),
        ...(await checkRegistry(registry, timeout * 1000)),
        ...(await checkStore(db, options.dbSchema)),
      ]
      const isFine = findings.every(({ verdict }) => verdict !== 'wrong')
      await print(json ? `${JSON.stringify({ ok: isFine, findings })}\n` : report(findings))
      process.exitCode = isFine ? EXIT_CODES.ok : EXIT_CODES.failed
    })
}

async function checkStore(db: string | undefined, schema: string): Promise<Finding[]> {
  if (db === undefined) return []
  const { settingProblem } = await import('@rollcall/server')
  const problem = settingProblem('dbSchema', schema)
  if (problem) return [wrong('schema', `--db-schema ${problem}`, 'correct it')]
  return isPostgresUrl(db) ? checkPostgres(db, schema) : checkDatabase(db)
}

function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ topic }) => topic.length))
  const lines = findings.flatMap(({ topic, verdict, message, advice }) => {
    const { mark, look } = MARKS[verdict]
    return [
      ...indented(`${paint(look, mark)} ${topic.padEnd(width)}  `, width + 4, message),
      ...(advice === undefined ? [] : indented('    → ', 6, advice, 'dim')),
    ]
  })
  return `${lines.join('\n')}\n`
}

/** Text behind its heading; where it is too long for the terminal, in lines below each other. */
function indented(heading: string, headingWidth: number, text: string, look?: Look): string[] {
  const lines = isTerminal ? fold(text, columns() - headingWidth) : [text]
  return lines.map((line, index) => {
    const before = index === 0 ? heading : ' '.repeat(headingWidth)
    return look === undefined ? before + line : paint(look, before + line)
  })
}

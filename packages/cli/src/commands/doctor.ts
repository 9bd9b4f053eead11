import type { Command } from 'commander'
import { checkBackups } from '../doctor/backups.ts'
import { checkConfiguration } from '../doctor/configuration.ts'
import { checkDatabase } from '../doctor/database.ts'
import { type Finding, fail, type Verdict } from '../doctor/finding.ts'
import { checkPostgres, isPostgresUrl } from '../doctor/postgres.ts'
import { checkRegistry } from '../doctor/registry.ts'
import { EXIT_CODES } from '../exit-codes.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { columns, isTerminal, paint, print, type Style } from '../output/terminal.ts'
import { wrap } from '../output/text-width.ts'

interface DoctorOptions extends RegistryOptions {
  readonly db?: string
  readonly dbSchema: string
  readonly backups?: string
}

const MARKS: Readonly<Record<Verdict, { mark: string; style: Style }>> = {
  ok: { mark: '✓', style: 'green' },
  warn: { mark: '!', style: 'yellow' },
  fail: { mark: '✗', style: 'red' },
}

const EXAMPLES = [
  'rollcall doctor',
  'rollcall doctor --db sqlite:///rollcall.db --json',
  'rollcall doctor --db postgres://me:pw@db1,db2/rollcall',
]

/** `rollcall doctor` runs diagnostics and prints advice. */
export function doctorCommand(): Command {
  // An invalid configuration file is reported as a finding.
  return registryCommand('doctor', EXAMPLES, () => undefined)
    .description('Diagnose settings, registry, clocks, change feed and store.')
    .option('--db <url>', 'Also check a store: sqlite:///… or postgres://…')
    .option('--db-schema <name>', 'PostgreSQL schema of the registry', 'rollcall')
    .option('--backups <folder>', 'Also check the newest backup of serve --backup-to')
    .addHelpText(
      'after',
      `
Results are ✓ ok, ! warn and ✗ fail; the exit code is 1 if a check fails. Only
the first page of a file is read, since a registry may be using it. A database
is queried with the role of the URL, like a node does; nothing is changed.`,
    )
    .action(async (options: DoctorOptions, command: Command) => {
      const { registry, timeout, db, json } = options
      const source = command.getOptionValueSource('registry')
      const findings = [
        ...(await checkConfiguration(registry, source, process.env)),
        ...(await checkRegistry(registry, timeout * 1000)),
        ...(await checkStore(db, options.dbSchema)),
        ...(options.backups === undefined ? [] : [await checkBackups(options.backups, Date.now())]),
      ]
      const isOk = findings.every(({ verdict }) => verdict !== 'fail')
      await print(json ? `${JSON.stringify({ ok: isOk, findings })}\n` : report(findings))
      process.exitCode = isOk ? EXIT_CODES.ok : EXIT_CODES.failed
    })
}

async function checkStore(db: string | undefined, schema: string): Promise<Finding[]> {
  if (db === undefined) return []
  const { settingProblem } = await import('@rollcall/server')
  const problem = settingProblem('dbSchema', schema)
  if (problem) return [fail('schema', `--db-schema ${problem}`, 'correct it')]
  return isPostgresUrl(db) ? checkPostgres(db, schema) : checkDatabase(db)
}

function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ topic }) => topic.length))
  const lines = findings.flatMap(({ topic, verdict, message, advice }) => {
    const { mark, style } = MARKS[verdict]
    return [
      ...wrapIndented(`${paint(style, mark)} ${topic.padEnd(width)}  `, width + 4, message),
      ...(advice === undefined ? [] : wrapIndented('    → ', 6, advice, 'dim')),
    ]
  })
  return `${lines.join('\n')}\n`
}

/** Prints text after its heading; wraps and indents it if it is too long for the terminal. */
function wrapIndented(
  heading: string,
  headingWidth: number,
  text: string,
  style?: Style,
): string[] {
  const lines = isTerminal ? wrap(text, columns() - headingWidth) : [text]
  return lines.map((line, index) => {
    const before = index === 0 ? heading : ' '.repeat(headingWidth)
    return style === undefined ? before + line : paint(style, before + line)
  })
}

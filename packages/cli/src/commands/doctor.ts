import type { Command } from 'commander'
import { checkConfiguration } from '../doctor/configuration.ts'
import { checkDatabase } from '../doctor/database.ts'
import type { Finding, Verdict } from '../doctor/finding.ts'
import { checkRegistry } from '../doctor/registry.ts'
import { EXIT_CODES } from '../exit-codes.ts'
import { type Look, paint, print } from '../output/terminal.ts'
import { type RegistryOptions, registryCommand } from '../registry-options.ts'

interface DoctorOptions extends RegistryOptions {
  readonly db?: string
}

const MARKS: Readonly<Record<Verdict, { mark: string; look: Look }>> = {
  good: { mark: '✓', look: 'green' },
  odd: { mark: '!', look: 'yellow' },
  wrong: { mark: '✗', look: 'red' },
}

const EXAMPLES = ['rollcall doctor', 'rollcall doctor --db sqlite:///rollcall.db --json']

/** `rollcall doctor`: finds out what is wrong, and says what to do. */
export function doctorCommand(): Command {
  // A broken configuration file is one of the findings.
  return registryCommand('doctor', EXAMPLES, () => undefined)
    .description('Find out what is wrong: settings, registry, clocks, change feed, file.')
    .option('--db <url>', 'also look at this file of a registry: sqlite:///…')
    .addHelpText(
      'after',
      `
✓ is fine, ! works but should not be so, ✗ is wrong: then the exit code is 1.
The file is only read, and only its first page: a registry may be using it.`,
    )
    .action(async (options: DoctorOptions, command: Command) => {
      const { registry, timeout, db, json } = options
      const source = command.getOptionValueSource('registry')
      const findings = [
        ...checkConfiguration(registry, source, process.env),
        ...(await checkRegistry(registry, timeout * 1000)),
        ...(db === undefined ? [] : checkDatabase(db)),
      ]
      const isFine = findings.every(({ verdict }) => verdict !== 'wrong')
      await print(json ? `${JSON.stringify({ ok: isFine, findings })}\n` : report(findings))
      process.exitCode = isFine ? EXIT_CODES.ok : EXIT_CODES.failed
    })
}

function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ topic }) => topic.length))
  const lines = findings.flatMap(({ topic, verdict, message, advice }) => {
    const { mark, look } = MARKS[verdict]
    return [
      `${paint(look, mark)} ${topic.padEnd(width)}  ${message}`,
      ...(advice === undefined ? [] : [paint('dim', `    → ${advice}`)]),
    ]
  })
  return `${lines.join('\n')}\n`
}

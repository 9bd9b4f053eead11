import { parseCommandLine, UsageError } from '../../scripts/command-line.ts'
import type { Generator } from './generator.ts'

/**
 * Returns the generators that the command line asks for. Undefined: it asks for help.
 *
 * @throws UsageError
 */
export function readArguments(
  args: readonly string[],
  all: readonly Generator[],
): readonly Generator[] | undefined {
  const { help, only = [] } = parsed(args)
  if (help) return undefined
  const unknown = only.filter((name) => !all.some((generator) => generator.name === name))
  if (unknown.length > 0) throw new UsageError(`there is no generator ${unknown.join(', ')}`)
  return only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
}

/** Returns what `--help` prints. */
export function helpText(all: readonly Generator[]): string {
  return [
    'npm run test:generated-clients -- [options]',
    '',
    'Generates clients from the OpenAPI document of a registry, compiles them and uses each of them.',
    'Downloads the generators into a temporary folder. What needs a language that is not installed',
    'is not run, and the table says so.',
    '',
    '  --only NAME  just this generator; may be repeated',
    '  -h, --help   this',
    '',
    'Generators:',
    ...all.map(({ name, version, needs }) => {
      const condition = needs.length === 0 ? '' : `, needs ${needs.join(', ')}`
      return `  ${name} (${version}${condition})`
    }),
  ].join('\n')
}

function parsed(args: readonly string[]) {
  return parseCommandLine({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      only: { type: 'string', multiple: true },
    },
  }).values
}

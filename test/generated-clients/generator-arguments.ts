import { parseCommandLine, UsageError } from '../../scripts/command-line.ts'
import type { Generator } from './generator.ts'

/**
 * Returns the generators selected on the command line; undefined for `--help`.
 *
 * @throws UsageError
 */
export function readArguments(
  args: readonly string[],
  all: readonly Generator[],
): readonly Generator[] | undefined {
  const { help, only = [] } = parse(args)
  if (help) return undefined
  const unknown = only.filter((name) => !all.some((generator) => generator.name === name))
  if (unknown.length > 0) throw new UsageError(`unknown generator ${unknown.join(', ')}`)
  return only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
}

/** Returns the output of `--help`. */
export function helpText(all: readonly Generator[]): string {
  return [
    'npm run test:generated-clients -- [options]',
    '',
    'Generates clients from the OpenAPI document of a registry, compiles them and uses each of them.',
    'Downloads the generators into a temporary folder. A generator whose language is not installed',
    'is skipped, and the table says so.',
    '',
    '  --only NAME  only this generator; may be repeated',
    '  -h, --help   this',
    '',
    'Generators:',
    ...all.map(({ name, version, needs }) => {
      const condition = needs.length === 0 ? '' : `, needs ${needs.join(', ')}`
      return `  ${name} (${version}${condition})`
    }),
  ].join('\n')
}

function parse(args: readonly string[]) {
  return parseCommandLine({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      only: { type: 'string', multiple: true },
    },
  }).values
}

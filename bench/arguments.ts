import { parseCommandLine, UsageError } from '../scripts/command-line.ts'
import type { Row, Size } from './report.ts'
import { RESULTS_FOLDER } from './results.ts'

/** Sizes by name. */
const SIZES: Readonly<Record<string, Size>> = {
  small: { rounds: 1, seconds: 1, agents: 1000, million: 20_000, readers: 50, idleReaders: 200 },
  full: {
    rounds: 3,
    seconds: 5,
    agents: 10_000,
    million: 1_000_000,
    readers: 1000,
    idleReaders: 10_000,
  },
}

/** The parsed command line of a benchmark run. */
export interface BenchArguments {
  readonly rows: readonly Row[]
  readonly sizeName: string
  readonly size: Size
  /** The folder for results; undefined if they are not saved. */
  readonly saveTo: string | undefined
}

/**
 * Parses the command line. Returns undefined if it requests help.
 *
 * @throws UsageError
 */
export function readArguments(
  args: readonly string[],
  all: readonly Row[],
): BenchArguments | undefined {
  const { values, positionals } = parsed(args)
  if (values.help) return undefined
  const size = SIZES[values.size]
  if (!size)
    throw new UsageError(`--size is ${values.size}; use ${Object.keys(SIZES).join(' or ')}`)
  const unknown = positionals.filter((name) => !all.some((row) => row.name === name))
  if (unknown.length > 0) throw new UsageError(`there is no row ${unknown.join(', ')}`)
  const rounds = values.rounds === undefined ? size.rounds : Number(values.rounds)
  if (!(Number.isInteger(rounds) && rounds > 0)) {
    throw new UsageError(`--rounds is ${values.rounds}; use a whole number of at least 1`)
  }
  if (values.save && values.results === undefined && values.size !== 'full') {
    throw new UsageError(
      `--save is for figures of the full size; for other sizes add --results FOLDER`,
    )
  }
  return {
    rows: positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name)),
    sizeName: values.size,
    size: { ...size, rounds },
    saveTo:
      values.save || values.results !== undefined ? (values.results ?? RESULTS_FOLDER) : undefined,
  }
}

/** Returns what `--help` prints. */
export function helpText(all: readonly Row[]): string {
  return [
    'npm run bench -- [row …] [options]',
    '',
    'Runs benchmarks and prints medians, raw values and targets. Default: every row.',
    '',
    '  --size small|full    small: a smoke test, some minutes; full: figures (default)',
    '  --rounds N           measurements of each contestant; default 1 (small) or 3 (full)',
    `  --save               also write the results to ${RESULTS_FOLDER}, the source of the table in README.md`,
    '  --results FOLDER     write the results to another folder',
    '  -h, --help           show this help',
    '',
    'Examples:',
    '  npm run bench -- heartbeat list --rounds 5',
    '  npm run bench -- --save && npm run bench:readme',
    '',
    'Rows:',
    ...all.map(({ name, title }) => `  ${name.padEnd(16)} ${title}`),
  ].join('\n')
}

function parsed(args: readonly string[]) {
  return parseCommandLine({
    args: [...args],
    allowPositionals: true,
    options: {
      size: { type: 'string', default: 'full' },
      rounds: { type: 'string' },
      save: { type: 'boolean', default: false },
      results: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
}

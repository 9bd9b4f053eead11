// Writes the benchmark table of README.md from the results of `npm run bench -- --save`. With --check,
// fails if the table differs from the results.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { README_LINES, type ReadmeLine } from './readme-lines.ts'
import { RESULTS_FOLDER, type Results, readResults, type SavedRow } from './results.ts'

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    readme: { type: 'string', default: new URL('../README.md', import.meta.url).pathname },
    results: { type: 'string', default: RESULTS_FOLDER },
    size: { type: 'string', default: 'full' },
  },
})

/** The text between the two marker comments. */
const MARKED = /(?<=<!-- measured[^\n]* -->\n).*?(?=<!-- end of measured -->)/s

const all = readResults(options.results).map((results) => ofSize(results, options.size))
const shown = all
  .filter(({ rows }) => Object.keys(rows).length > 0)
  .toSorted((a, b) => Object.keys(b.rows).length - Object.keys(a.rows).length)[0]
const readme = readFileSync(options.readme, 'utf8')
if (!MARKED.test(readme))
  throw new Error(`${options.readme} has no marker comments for the figures`)
if (shown === undefined) {
  console.log(`${options.results} has no results: the figures of the README are not checked`)
} else {
  const expected = readme.replace(MARKED, () => `\n${page(shown, all).join('\n\n')}\n\n`)
  if (expected !== readme && options.check) {
    console.error('the figures of README.md are not those of the results: run npm run bench:readme')
    process.exitCode = 1
  }
  if (!options.check) writeFileSync(options.readme, expected)
}

/** Keeps the rows that were measured at this size. */
function ofSize(results: Results, size: string): Results {
  const rows = Object.entries(results.rows).filter(([, { sizeName }]) => sizeName === size)
  return { ...results, rows: Object.fromEntries(rows) }
}

function page(results: Results, others: readonly Results[]): string[] {
  const saved = Object.values(results.rows)
  const each = (list: readonly string[]) => [...new Set(list)].sort().join(', ')
  const lines = README_LINES.flatMap((line) => {
    const row = results.rows[line.row]
    return row ? tableLine(line, row) : []
  })
  return [
    `${results.cores} × ${results.processor}, Node ${each(saved.map(({ node }) => node))}, the load generator ` +
      `(${each(saved.map(({ generator }) => generator))}) on the same cores; medians of ` +
      `${each(saved.map(({ size }) => String(size.rounds)))} rounds, each contestant in a fresh process, in ` +
      'alternating order. Row and baseline are from one run. Ratios depend on the processor ' +
      '([benchmarks](docs/benchmarks.md)). Raw values, commits and dates are in ' +
      `[${RESULTS_FOLDER}](${RESULTS_FOLDER}); \`npm run bench\` measures on your machine.`,
    ['| what | Rollcall | baseline | target |', '|---|---|---|---|', ...lines].join('\n'),
    ...byProcessor(others),
  ]
}

function tableLine(line: ReadmeLine, row: SavedRow): string[] {
  const { what, ours, baseline, verdict: judged, unit = row.unit } = line
  const verdict = row.verdicts.find((each) => each.what === judged)
  const base = baseline && row.medians[baseline.sample]
  const isUncompared = baseline?.ifMissing !== undefined && base === undefined
  if (isUncompared && baseline.ifMissing === 'no line') return []
  const value = ours === undefined ? verdict?.value : row.medians[ours]
  const lacksBaseline = !isUncompared && ((baseline && base === undefined) || (judged && !verdict))
  if (value === undefined || lacksBaseline) {
    throw new Error(`the results of ${line.row} lack the data for "${what}"`)
  }
  const cells = [
    what,
    withUnit(value, ours === undefined ? (verdict?.unit ?? '') : unit),
    baseline && base !== undefined ? `${baseline.words}: ${withUnit(base, unit)}` : '',
    verdict ? targetOf(verdict) : '',
  ]
  return [`| ${cells.join(' | ')} |`]
}

/** Formats a target; a missed one is bold. */
function targetOf({ value, unit, target, good }: SavedRow['verdicts'][number]): string {
  const isMet = good === 'at least' ? value >= target : value <= target
  const goal = `${good} ${withUnit(target, unit)}`
  const words = unit === '×' ? `${withUnit(value, unit)}, ${goal}` : goal
  return isMet ? words : `**${words}**`
}

/** Lists the heartbeat ratio of each processor, because ratios depend on the processor. */
function byProcessor(others: readonly Results[]): string[] {
  const shares = others.flatMap(({ processor, rows }) => {
    const verdict = rows.heartbeat?.verdicts.find(({ what }) => what === 'share of bare')
    return verdict ? [`${withUnit(verdict.value, '×')} on ${processor}`] : []
  })
  return shares.length < 2 ? [] : [`Heartbeats against bare \`node:http\`: ${shares.join(', ')}.`]
}

function withUnit(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  const rounded = Math.abs(value) >= 1000 ? Number(value.toPrecision(3)) : value
  const text = rounded
    .toLocaleString('en-US', { maximumFractionDigits: digits })
    .replaceAll(',', ' ')
  return unit === '/s' ? `${text}/s` : `${text} ${unit}`.trim()
}

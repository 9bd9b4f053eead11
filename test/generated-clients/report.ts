import { STEPS } from './generator.ts'
import type { Outcome } from './trial.ts'

/** Formats the outcomes as a table with a line for each generator. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = [['generator', 'version', ...STEPS], ...outcomes.map(cells)]
  const columns = rows[0]?.length ?? 0
  // A message in place of the steps spans the rest of the line.
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(
      ...rows.filter((row) => row.length === columns).map((row) => row[column]?.length ?? 0),
    ),
  )
  const names = Math.max(...rows.map(([name = '']) => name.length))
  const versions = Math.max(...rows.map(([, version = '']) => version.length))
  return rows
    .map((row) => row.map((cell, i) => cell.padEnd([names, versions][i] ?? widths[i] ?? 0)))
    .map((row) => row.join('  ').trimEnd())
    .join('\n')
}

/** Formats one outcome as a line. */
export function summary({ notRun, failure, done }: Outcome): string {
  if (notRun !== undefined) return notRun
  if (failure === undefined) return 'ok'
  return `FAILED after ${done.at(-1) ?? 'nothing'}\n${failure}`
}

function cells(outcome: Outcome): string[] {
  const { generator, notRun, done } = outcome
  const { name, version } = generator
  if (notRun !== undefined) return [name, version, notRun]
  if (done.length === 0) return [name, version, 'FAILED to generate, compile or register']
  return [name, version, ...STEPS.map((step) => stepWord(outcome, step))]
}

/** Steps after the first failure were not tried. */
function stepWord({ done }: Outcome, step: (typeof STEPS)[number]): string {
  if (done.includes(step)) return 'ok'
  return STEPS.indexOf(step) === done.length ? 'FAILED' : '-'
}

import type { Finding } from './attack.ts'
import { type Figures, type HeartbeatFigures, missesOf, type Outcome } from './outcome.ts'

/** Column headings of {@link cellsOf}. */
export const HEADS = [
  'p99',
  'max',
  'batch p99',
  'max',
  'rejected',
  'false expiries',
  'memory',
  'recovered after',
  'verdict',
] as const

/** Formats an outcome as the cells of a table row. */
export function cellsOf(outcome: Outcome): string[] {
  const { figures } = outcome
  const misses = missesOf(outcome)
  const verdict = misses.length === 0 ? 'withstood' : `MISSED: ${misses.join(', ')}`
  if (figures === undefined) return [...HEADS.slice(1).map(() => ''), verdict]
  return [
    ...latencyCells(figures.single),
    ...latencyCells(figures.batch),
    ...otherCells(figures),
    verdict,
  ]
}

/** Formats a finding. */
export function findingText({ what, value, unit = '', isGood }: Finding): string {
  const text = typeof value === 'number' ? `${formatNumber(value)} ${unit}`.trim() : value
  return `${what}: ${text}${isGood === false ? ' (missed)' : ''}`
}

function latencyCells({ p99Ms, maxMs }: HeartbeatFigures): string[] {
  return [p99Ms, maxMs].map((ms) => `${formatNumber(ms)} ms`)
}

function otherCells(figures: Figures): string[] {
  const { single, batch, falseExpiries, undisturbedBytes, peakBytes } = figures
  const refused = single.refused + batch.refused
  const lost = single.lost + batch.lost
  const growth = peakBytes - undisturbedBytes
  const sign = figures.isStillDisturbed ? '> ' : ''
  return [
    lost === 0 ? `${refused}` : `${refused} + ${lost} lost`,
    falseExpiries === undefined ? 'unknown' : `${falseExpiries}`,
    `${formatMegabytes(peakBytes)} MB (+${formatMegabytes(growth)})`,
    `${sign}${formatNumber(figures.secondsToNormal)} s${figures.isCut ? ', killed' : ''}`,
  ]
}

function formatMegabytes(bytes: number): string {
  return formatNumber(Math.round(bytes / 2 ** 20))
}

function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 10 ? 0 : 1
  return value.toLocaleString('en-US', { maximumFractionDigits: digits }).replaceAll(',', ' ')
}

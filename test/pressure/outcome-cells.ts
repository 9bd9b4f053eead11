import type { Finding } from './attack.ts'
import { type Figures, type HeartbeatFigures, missesOf, type Outcome } from './outcome.ts'

/** The heads of {@link cellsOf}. */
export const HEADS = [
  'p99',
  'max',
  'batch p99',
  'max',
  'refused',
  'false expiries',
  'memory',
  'normal after',
  'verdict',
] as const

/** Returns what came of an attack as the cells of a line of a table. */
export function cellsOf(outcome: Outcome): string[] {
  const { figures } = outcome
  const misses = missesOf(outcome)
  const verdict = misses.length === 0 ? 'withstood' : `MISSED: ${misses.join(', ')}`
  if (figures === undefined) return [...HEADS.slice(1).map(() => ''), verdict]
  return [...latencies(figures.single), ...latencies(figures.batch), ...others(figures), verdict]
}

/** Returns what an attack found, in words. */
export function findingText({ what, value, unit = '', isGood }: Finding): string {
  const text = typeof value === 'number' ? `${rounded(value)} ${unit}`.trim() : value
  return `${what}: ${text}${isGood === false ? ' (missed)' : ''}`
}

function latencies({ p99Ms, maxMs }: HeartbeatFigures): string[] {
  return [p99Ms, maxMs].map((ms) => `${rounded(ms)} ms`)
}

function others(figures: Figures): string[] {
  const { single, batch, falseExpiries, undisturbedBytes, peakBytes } = figures
  const refused = single.refused + batch.refused
  const lost = single.lost + batch.lost
  const growth = peakBytes - undisturbedBytes
  const sign = figures.isStillDisturbed ? '> ' : ''
  return [
    lost === 0 ? `${refused}` : `${refused} + ${lost} lost`,
    falseExpiries === undefined ? 'unknown' : `${falseExpiries}`,
    `${megabytes(peakBytes)} MB (+${megabytes(growth)})`,
    `${sign}${rounded(figures.secondsToNormal)} s${figures.isCut ? ', killed' : ''}`,
  ]
}

function megabytes(bytes: number): string {
  return rounded(Math.round(bytes / 2 ** 20))
}

function rounded(value: number): string {
  const digits = Math.abs(value) >= 10 ? 0 : 1
  return value.toLocaleString('en-US', { maximumFractionDigits: digits }).replaceAll(',', ' ')
}

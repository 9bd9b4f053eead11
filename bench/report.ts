/** The result of a row: raw values by contestant, Rollcall first. */
export interface Measurement {
  readonly unit: string
  readonly samples: Readonly<Record<string, readonly number[]>>
  /** Figures compared with their targets. */
  readonly verdicts: readonly Verdict[]
  /** Conditions that the reader must know to interpret the figures. */
  readonly notes?: readonly string[]
}

interface Verdict {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly target: number
  /** Whether the target is a lower or an upper bound. */
  readonly good: 'at least' | 'at most'
}

/** A benchmark of `npm run bench`. */
export interface Row {
  readonly name: string
  readonly title: string
  readonly run: (size: Size) => Promise<Measurement>
}

/** The extent of a run: small for a smoke test, full for figures. */
export interface Size {
  readonly rounds: number
  readonly seconds: number
  readonly agents: number
  readonly million: number
  /** Streams that receive changes. */
  readonly readers: number
  /** Streams without events. */
  readonly idleReaders: number
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

export function print(row: Row, measurement: Measurement): void {
  console.log(`\n${row.title}`)
  for (const [name, values] of Object.entries(measurement.samples)) {
    const raw = values.map(round).join('  ')
    console.log(
      `  ${name.padEnd(34)} ${round(median(values)).padStart(12)} ${measurement.unit}   [${raw}]`,
    )
  }
  for (const { what, value, unit, target, good } of measurement.verdicts) {
    const isMet = good === 'at least' ? value >= target : value <= target
    const figure = `${round(value)} ${unit}`.trim()
    console.log(
      `  ${isMet ? 'met   ' : 'MISSED'} ${what}: ${figure} (${good} ${round(target)} ${unit})`,
    )
  }
  for (const note of measurement.notes ?? []) console.log(`  note: ${note}`)
}

function round(value: number): string {
  if (!Number.isFinite(value)) return 'n/a'
  const digits = Math.abs(value) >= 100 ? 0 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

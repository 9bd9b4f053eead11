/** Summarizes durations: count, median, 99th percentile, maximum. */
export function describeDelays(delaysMs: readonly number[]): string {
  const sorted = delaysMs.toSorted((a, b) => a - b)
  const at = (part: number): string =>
    `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0)} ms`
  return `${sorted.length} (median ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)})`
}

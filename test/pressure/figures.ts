import type { HeartbeatFigures } from './outcome.ts'
import type { HeartbeatKind, HeartbeatSample } from './prober/heartbeat-sample.ts'

/** Summarizes the heartbeats of one kind that were due within a period. */
export function heartbeatFigures(
  samples: readonly HeartbeatSample[],
  kind: HeartbeatKind,
  { from, to }: { from: number; to: number },
): HeartbeatFigures {
  const due = samples.filter((each) => each.kind === kind && each.dueAt >= from && each.dueAt < to)
  const latencies = due.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b)
  return {
    count: due.length,
    p50Ms: latencies[Math.ceil(latencies.length * 0.5) - 1] ?? 0,
    p99Ms: latencies[Math.ceil(latencies.length * 0.99) - 1] ?? 0,
    maxMs: latencies.at(-1) ?? 0,
    refused: due.filter(({ status = 200 }) => status !== 200 && status !== 0).length,
    lost: due.filter(({ status }) => status === 0).length,
  }
}

/** Minimum duration of normal behaviour. */
export const NORMAL_WINDOW_MS = 500
/** Offset between the starts of two windows. */
const STEP_MS = 100
/** Fewer heartbeats in a window are inconclusive; 27 are due. */
const MIN_SAMPLES = 20
/** Always normal, whatever the latency before. */
const NORMAL_LATENCY_MS = 20
/** Allowed growth of resident memory within a window. */
const GROWTH_BYTES = 16 * 2 ** 20

/** Resident memory at a point in time. */
export interface MemorySample {
  readonly at: number
  readonly residentBytes: number
}

/**
 * Returns the start of the first half second in which all heartbeats were as fast as before the
 * attack (or twice as slow, or within 20 ms) and memory did not grow; undefined if there is none
 * yet.
 *
 * @param known time up to which all heartbeats that were due are settled
 */
export function normalSince(options: {
  samples: readonly HeartbeatSample[]
  memory: readonly MemorySample[]
  from: number
  known: number
  undisturbed: { singleP99Ms: number; batchP99Ms: number }
}): number | undefined {
  const { from, known, memory, undisturbed } = options
  const samples = options.samples.filter(({ dueAt }) => dueAt >= from)
  const limits = {
    single: Math.max(NORMAL_LATENCY_MS, 2 * undisturbed.singleP99Ms),
    batch: Math.max(NORMAL_LATENCY_MS, 2 * undisturbed.batchP99Ms),
  }
  for (let at = from; at + NORMAL_WINDOW_MS <= known; at += STEP_MS) {
    const to = at + NORMAL_WINDOW_MS
    const due = samples.filter(({ dueAt }) => dueAt >= at && dueAt < to)
    const isFast = due.every((each) => each.status === 200 && each.latencyMs <= limits[each.kind])
    const sizes = memory.filter((each) => each.at >= at && each.at < to)
    const grown = (sizes.at(-1)?.residentBytes ?? 0) - (sizes[0]?.residentBytes ?? 0)
    if (due.length >= MIN_SAMPLES && isFast && grown <= GROWTH_BYTES) return at
  }
  return undefined
}

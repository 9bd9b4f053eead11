/** Summarizes durations: count, median, 99th percentile, maximum. */
export function describeDelays(delaysMs: readonly number[]): string {
  const sorted = delaysMs.toSorted((a, b) => a - b)
  const at = (part: number): string =>
    `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0)} ms`
  return `${sorted.length} (median ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)})`
}

/** How often a {@link DelayWatch} looks at the clock. */
const TICK_MS = 20
/** A delay that only a busy machine causes. */
const BUSY_MS = 50

/** Notices whether the machine was too busy to run this process in time. */
export class DelayWatch implements Disposable {
  readonly #timer: NodeJS.Timeout
  #lastMs = performance.now()
  #longestMs = 0

  constructor() {
    this.#timer = setInterval(() => {
      const nowMs = performance.now()
      this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs - TICK_MS)
      this.#lastMs = nowMs
    }, TICK_MS)
  }

  /** Whether anything was delayed so long that nodes may have been delayed as well. */
  get hasSeenDelay(): boolean {
    return this.#longestMs >= BUSY_MS
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

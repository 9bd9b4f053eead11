import { SingleFlight } from '../../scheduling/single-flight.ts'
import type { HistoryBounds, Journal } from './journal.ts'

const TRIM_INTERVAL_MS = 1000
/** Transitions age even in an idle registry; their age is checked less often. */
const AGE_CHECK_MS = 60_000

/** Trims old history in the background, in small steps. */
export class HistoryTrimmer {
  readonly #journal: Journal
  readonly #bounds: () => HistoryBounds
  readonly #timer: NodeJS.Timeout
  // If the store has failed, which commits report, the next tick retries.
  readonly #trims = new SingleFlight(() => this.#trim().catch(() => undefined))
  #trimmedTo = 0
  #nextAgeCheckAt = 0
  #closed = false

  constructor(options: { journal: Journal; bounds: () => HistoryBounds }) {
    this.#journal = options.journal
    this.#bounds = options.bounds
    this.#timer = setInterval(() => this.#tick(), TRIM_INTERVAL_MS).unref()
  }

  /** Stops trimming. Resolves when no trim is in flight. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#trims.settled()
  }

  #tick(): void {
    const isDue =
      this.#bounds().firstKept > this.#trimmedTo || performance.now() >= this.#nextAgeCheckAt
    if (isDue) void this.#trims.run()
  }

  async #trim(): Promise<void> {
    const bounds = this.#bounds()
    while (!this.#closed && (await this.#journal.trimHistory(bounds))) {
      // Yields to waiting commits.
      await new Promise(setImmediate)
    }
    this.#trimmedTo = bounds.firstKept
    this.#nextAgeCheckAt = performance.now() + AGE_CHECK_MS
  }
}

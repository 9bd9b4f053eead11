import type { HistoryBounds, Journal } from './journal.ts'

const TRIM_INTERVAL_MS = 1000
/** Transitions grow old without anything happening; that is looked at less often. */
const AGE_CHECK_MS = 60_000

/** Removes old history in the background, a little at a time. */
export class HistoryTrimmer {
  readonly #journal: Journal
  readonly #bounds: () => HistoryBounds
  readonly #timer: NodeJS.Timeout
  #running: Promise<void> | undefined
  #trimmedTo = 0
  #checkAgeAt = 0
  #closed = false

  constructor(options: { journal: Journal; bounds: () => HistoryBounds }) {
    this.#journal = options.journal
    this.#bounds = options.bounds
    this.#timer = setInterval(() => this.#tick(), TRIM_INTERVAL_MS).unref()
  }

  /** Resolves when no trim is under way any more. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#running
  }

  #tick(): void {
    const isDue =
      this.#bounds().firstKept > this.#trimmedTo || performance.now() >= this.#checkAgeAt
    if (!isDue) return
    this.#running ??= this.#trim()
      // The store is in trouble, which commits tell of; the next tick tries again.
      .catch(() => undefined)
      .finally(() => {
        this.#running = undefined
      })
  }

  async #trim(): Promise<void> {
    const bounds = this.#bounds()
    while (!this.#closed && (await this.#journal.trimHistory(bounds))) {
      // A turn for the commits that wait.
      await new Promise(setImmediate)
    }
    this.#trimmedTo = bounds.firstKept
    this.#checkAgeAt = performance.now() + AGE_CHECK_MS
  }
}

/**
 * Lets a few at a time hold a page in memory, in the order in which they came: over PostgreSQL, two
 * thousand streams that began together held 800 MB.
 */
export class PageSlots {
  #free: number
  readonly #waiting: (() => void)[] = []

  /** @param most pages that are held at once */
  constructor(most: number) {
    this.#free = most
  }

  /** Does some work when its turn comes; the turn ends with it. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}

/**
 * Limits how many streams hold a page in memory at once, first come, first served: on PostgreSQL, two
 * thousand streams that started together used 800 MB.
 */
export class PageSlots {
  #free: number
  readonly #waiting: (() => void)[] = []

  /** @param slots maximum number of pages in memory */
  constructor(slots: number) {
    this.#free = slots
  }

  /** Runs some work once a slot is free, and then releases the slot. */
  async run<T>(work: () => Promise<T>): Promise<T> {
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

const DEFAULT_CAPACITY = 4096

/**
 * Caches the values computed for recent keys, with a bounded number of entries. A full cache is
 * cleared as a whole, so that it adapts to a new set of keys.
 */
export class InternCache<T> {
  readonly #capacity: number
  readonly #entries = new Map<string, T>()
  #lastKey: string | undefined
  #last: T | undefined

  /** @param capacity maximum number of entries; default 4096 */
  constructor(capacity = DEFAULT_CAPACITY) {
    this.#capacity = capacity
  }

  /** @param create called only for a key that is not cached */
  getOrCreate(key: string, create: (key: string) => T): T {
    // Consecutive keys are often equal, and comparing is cheaper than a look-up.
    if (key === this.#lastKey) return this.#last as T
    let value = this.#entries.get(key)
    if (value === undefined) {
      if (this.#entries.size === this.#capacity) this.#entries.clear()
      value = create(key)
      this.#entries.set(key, value)
    }
    this.#lastKey = key
    this.#last = value
    return value
  }
}

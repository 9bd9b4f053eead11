/** Values that are remembered; then it begins anew, so that what is asked for may change. */
const REMEMBERED = 4096

/** Remembers what was made of the texts that came last, in a bounded room. */
export class InternCache<T> {
  readonly #limit: number
  readonly #known = new Map<string, T>()
  #lastKey: string | undefined
  #last: T | undefined

  /** @param limit values to remember; default 4096 */
  constructor(limit = REMEMBERED) {
    this.#limit = limit
  }

  /** @param make only called for a key that is not remembered */
  get(key: string, make: (key: string) => T): T {
    // Neighbours are often alike, and to compare is cheaper than to look up.
    if (key === this.#lastKey) return this.#last as T
    let found = this.#known.get(key)
    if (found === undefined) {
      if (this.#known.size === this.#limit) this.#known.clear()
      found = make(key)
      this.#known.set(key, found)
    }
    this.#lastKey = key
    this.#last = found
    return found
  }
}

import { Bitmap } from './bitmap.ts'

/** Sets of agents; runs of three characters share one when they happen to hash alike. */
const BUCKETS = 1 << 16
const BUCKET_SHIFT = 32 - 16
/** Characters that a word must have to be found here. */
const LENGTH = 3
const LINE_END = 10

/**
 * Which texts contain which runs of three characters (as in Cox, "Regular expression matching with
 * a trigram index", 2012). It finds the few texts that may contain a word without reading the
 * others; whether they do, the caller has to see.
 */
export class TrigramIndex {
  readonly #buckets: (Bitmap | undefined)[] = new Array(BUCKETS).fill(undefined)

  /** Takes in the text of a document. */
  add(docId: number, text: string): void {
    forEachBucket(text, (bucket) => {
      const known = this.#buckets[bucket]
      if (known) known.add(docId)
      else {
        const fresh = new Bitmap()
        fresh.add(docId)
        this.#buckets[bucket] = fresh
      }
    })
  }

  /** Takes out the text of a document; it is the one that was given to {@link add}. */
  remove(docId: number, text: string): void {
    forEachBucket(text, (bucket) => {
      const known = this.#buckets[bucket]
      known?.delete(docId)
      if (known?.size === 0) this.#buckets[bucket] = undefined
    })
  }

  /**
   * The document ids whose texts may contain all the words; undefined when there is no telling, because
   * the words are too short, or when they are more than `limit`.
   */
  find(words: readonly string[], limit: number): number[] | undefined {
    const buckets = new Set<number>()
    for (const word of words) forEachBucket(word, (bucket) => buckets.add(bucket))
    if (buckets.size === 0) return undefined
    const sets: Bitmap[] = []
    for (const bucket of buckets) {
      const set = this.#buckets[bucket]
      if (set === undefined) return []
      sets.push(set)
    }
    return Bitmap.common(sets, limit)
  }
}

/** Calls back for each run of three characters within a line. */
function forEachBucket(text: string, visit: (bucket: number) => void): void {
  let first = 0
  let second = 0
  let run = 0
  for (let i = 0; i < text.length; i++) {
    const third = text.charCodeAt(i)
    if (third === LINE_END) {
      run = 0
      continue
    }
    run++
    if (run >= LENGTH) {
      // Multiplicative hashing (Knuth, vol. 3, 6.4): the upper bits are the well-mixed ones.
      const code = first * 961 + second * 31 + third
      visit(Math.imul(code, 0x9e3779b1) >>> BUCKET_SHIFT)
    }
    first = second
    second = third
  }
}

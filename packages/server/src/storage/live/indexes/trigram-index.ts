import { Bitmap } from './bitmap.ts'

/** Hash buckets, each a set of document ids; trigrams with the same hash share a bucket. */
const BUCKETS = 1 << 16
const BUCKET_SHIFT = 32 - 16
/** Least number of characters in a word that the index can find. */
const LENGTH = 3
const LINE_END = 10

/**
 * Maps trigrams to the texts that contain them (as in Cox, "Regular expression matching with a trigram
 * index", 2012). Finds the few texts that may contain a word without reading the others; the caller
 * checks whether they do.
 */
export class TrigramIndex {
  readonly #buckets: (Bitmap | undefined)[] = new Array(BUCKETS).fill(undefined)

  /** Adds the text of a document. */
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

  /** Removes a document; `text` must be the text passed to {@link add}. */
  remove(docId: number, text: string): void {
    forEachBucket(text, (bucket) => {
      const known = this.#buckets[bucket]
      known?.delete(docId)
      if (known?.size === 0) this.#buckets[bucket] = undefined
    })
  }

  /**
   * Returns the ids of documents that may contain all the words; undefined when the words are too short
   * to search, or when there are more than `limit` documents.
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

/** Calls `visit` for each trigram within a line. */
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

import { ArrivalWatch } from '../scheduling/connection-arrivals.ts'
import { BUSY_SLICE_MS } from '../scheduling/time-slices.ts'

/** Milliseconds of work after which the feed yields to other work. */
const SLICE_MS = 2

/** Splits the work of the feed into time slices and yields to other work between them. */
export class FeedWork {
  #sliceBegan = performance.now()
  #sliceMs = SLICE_MS
  #workedMs = 0
  readonly #arrivals = new ArrivalWatch()

  /** Whether the time slice is used up; to be checked between steps of less than a millisecond. */
  get isOver(): boolean {
    return performance.now() - this.#sliceBegan >= this.#sliceMs
  }

  /** Milliseconds of all slices so far. */
  get workedMs(): number {
    return this.#workedMs + performance.now() - this.#sliceBegan
  }

  /** Resolves when the next time slice begins. */
  async next(): Promise<void> {
    this.#workedMs += performance.now() - this.#sliceBegan
    await new Promise(setImmediate)
    this.#sliceMs = this.#arrivals.next() ? BUSY_SLICE_MS : SLICE_MS
    this.#sliceBegan = performance.now()
  }
}

/**
 * Resolves when everything written in this tick was passed to the system. Node defers the writes until
 * then, so an earlier check of the clock does not include their cost: a write to a reader that does not
 * read takes 0.5 ms.
 */
export function writesFlushed(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

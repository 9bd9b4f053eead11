import { ArrivalWatch } from '../scheduling/connection-arrivals.ts'
import { BUSY_SLICE_MS } from '../scheduling/time-slices.ts'

/** Milliseconds of work after which others get their turn. */
const TURN_MS = 2

/** Work of the feed, in turns between which everything else gets its own. */
export class FeedWork {
  #turnBegan = performance.now()
  #turnMs = TURN_MS
  #workedMs = 0
  readonly #arrivals = new ArrivalWatch()

  /** Whether the turn is over; asked between steps of less than a millisecond. */
  get isOver(): boolean {
    return performance.now() - this.#turnBegan >= this.#turnMs
  }

  /** Milliseconds of all turns so far. */
  get workedMs(): number {
    return this.#workedMs + performance.now() - this.#turnBegan
  }

  /** Resolves when the next turn begins. */
  async next(): Promise<void> {
    this.#workedMs += performance.now() - this.#turnBegan
    await new Promise(setImmediate)
    this.#turnMs = this.#arrivals.next() ? BUSY_SLICE_MS : TURN_MS
    this.#turnBegan = performance.now()
  }
}

/**
 * Resolves when the system has what was written in this turn. Node gathers it until then, so before that,
 * no look at the clock knows what it takes: a write to a reader that takes nothing takes 0.5 ms.
 */
export function handedOver(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

import { ArrivalWatch } from './connection-arrivals.ts'

/** Milliseconds of a round of the event loop that long work may take, all together. */
const LONG_MS = 2
/**
 * Milliseconds of a round that short work may take. Requests that wait half done cost more than they
 * take: with 2 ms, 64 clients at once took half as much of the processor again.
 */
const SHORT_MS = 10
/** Milliseconds of a round that all work together may take while connections arrive. */
export const BUSY_SLICE_MS = 0.05
/** Rounds up to which work is short. */
const SHORT_ROUNDS = 4

/** Says whether work is to end, and why: an `AbortSignal`, for example. */
export interface WorkEnd {
  /** It is to end. */
  readonly aborted: boolean
  /** @throws the reason, if it is */
  throwIfAborted(): void
}

/**
 * Shares the event loop among pieces of work: in each round all of them together work for some
 * milliseconds, so that a thousand hold up everything else no more than one does. Of those that wait,
 * the ones that had the fewest rounds go next, in the order in which they began: short work is not kept
 * waiting by long work (multi-level feedback; Corbató, Merwin-Daggett and Daley, 1962). While
 * connections arrive, all of them have less.
 */
export class TimeSlices {
  readonly #longMs: number
  readonly #shortMs: number
  readonly #waiting = new Set<SlicedWork>()
  readonly #arrivals = new ArrivalWatch()
  /** When this round began; undefined: nothing has worked in it yet. */
  #roundBegan: number | undefined
  /** Connections wait for the next one. */
  #isHurried = false
  #begun = 0

  /**
   * Makes slices that nothing shares yet.
   *
   * @param limits milliseconds of a round for work that has taken several, and for other work; default
   *   2 and 10
   */
  constructor({ longMs = LONG_MS, shortMs = SHORT_MS } = {}) {
    this.#longMs = longMs
    this.#shortMs = shortMs
  }

  /** Begins a piece of work, which waits for its turn with {@link SlicedWork.next}. */
  begin(end?: WorkEnd): SlicedWork {
    return new SlicedWork(this, this.#begun++, end)
  }

  /** @internal Whether a piece of work has to wait for another round. */
  isOver(work: SlicedWork): boolean {
    const now = performance.now()
    this.#roundBegan ??= this.#begin(now)
    return now >= this.#roundBegan + this.#allowanceOf(work)
  }

  #allowanceOf({ level }: SlicedWork): number {
    const usual = level === 0 ? this.#shortMs : this.#longMs
    return this.#isHurried ? Math.min(usual, BUSY_SLICE_MS) : usual
  }

  /** @internal Resolves at once while this round lasts, else in a later one. */
  async take(work: SlicedWork): Promise<void> {
    if (!this.isOver(work)) return
    await new Promise<void>((resolve) => {
      work.resume = resolve
      this.#waiting.add(work)
    })
  }

  /** @internal Gives what a piece of work leaves of the round to the next. */
  ended(): void {
    if (this.#waiting.size > 0) this.#grantNext()
  }

  #begin(now: number): number {
    setImmediate(() => {
      this.#roundBegan = undefined
      this.#isHurried = this.#arrivals.next()
      if (this.#waiting.size > 0) this.#grantNext()
    })
    return now
  }

  #grantNext(): void {
    let next: SlicedWork | undefined
    for (const work of this.#waiting) {
      // It only has to be let go, which takes no time.
      if (work.isAborted) this.#resume(work)
      else if (next === undefined || work.goesBefore(next)) next = work
    }
    if (next && !this.isOver(next)) this.#resume(next)
  }

  #resume(work: SlicedWork): void {
    this.#waiting.delete(work)
    work.rounds++
    work.resume()
  }
}

/** A piece of long work that takes turns with others, until its {@link end}. */
export class SlicedWork {
  readonly #all: TimeSlices
  readonly #end: WorkEnd | undefined
  readonly #number: number
  /** @internal Rounds that it had to wait for. */
  rounds = 0
  /** @internal Ends its wait. */
  resume: () => void = () => undefined

  /** @internal */
  constructor(all: TimeSlices, number: number, end: WorkEnd | undefined) {
    this.#all = all
    this.#number = number
    this.#end = end
  }

  /** @internal */
  goesBefore(other: SlicedWork): boolean {
    const { level } = this
    return level < other.level || (level === other.level && this.#number < other.#number)
  }

  /** @internal 0 for short work; for other work it grows each time that the rounds double. */
  get level(): number {
    return 32 - Math.clz32(this.rounds / SHORT_ROUNDS)
  }

  /** Whether to wait for the next turn; asked between steps of less than a tenth of a millisecond. */
  get isOver(): boolean {
    return this.#all.isOver(this)
  }

  /** @internal */
  get isAborted(): boolean {
    return this.#end?.aborted === true
  }

  /**
   * Resolves when it is the turn of this work: at once while this round lasts. To be
   * awaited before it is called again.
   *
   * @throws the reason when the work is to end
   */
  async next(): Promise<void> {
    this.throwIfAborted()
    await this.#all.take(this)
    this.throwIfAborted()
  }

  /** @throws the reason when the work is to end */
  throwIfAborted(): void {
    this.#end?.throwIfAborted()
  }

  /** Ends the work: what it leaves of the round is for others. Idempotent. */
  end(): void {
    this.#all.ended()
  }
}

/** Milliseconds that sliced work may take in one round of the event loop. */
const SLICE_MS = 1

/**
 * Shares the event loop among pieces of long work: in each round all of them together work for one
 * slice, so that a thousand hold up everything else no more than one does. Of those that wait, the
 * one that had the fewest slices goes next: short work is not kept waiting by long work (least
 * attained service; Nuyens and Wierman, "The Foreground-Background queue: a survey", 2008).
 */
export class TimeSlices {
  readonly #sliceMs: number
  readonly #waiting = new Set<SlicedWork>()
  /** When the slice of this round ends; undefined: nothing has worked in this round. */
  #endsAt: number | undefined

  /** @param sliceMs milliseconds of work in one round; default 1 */
  constructor(sliceMs = SLICE_MS) {
    this.#sliceMs = sliceMs
  }

  /** Begins a piece of work, which waits for its turn with {@link SlicedWork.next}. */
  begin(signal?: AbortSignal): SlicedWork {
    return new SlicedWork(this, signal)
  }

  /** Whether the slice of this round is used up. */
  get isOver(): boolean {
    if (this.#endsAt !== undefined) return performance.now() >= this.#endsAt
    // Work that waited for something else than its turn goes on in this round.
    this.#open()
    return false
  }

  /** @internal Resolves at once while the slice of this round lasts, else in a later round. */
  async take(work: SlicedWork): Promise<void> {
    if (this.#endsAt === undefined) this.#open()
    else if (performance.now() >= this.#endsAt) {
      const granted = Promise.withResolvers<void>()
      work.resume = granted.resolve
      this.#waiting.add(work)
      await granted.promise
    }
  }

  #open(): void {
    this.#endsAt = performance.now() + this.#sliceMs
    setImmediate(() => this.#beginRound())
  }

  #beginRound(): void {
    this.#endsAt = undefined
    let next: SlicedWork | undefined
    for (const work of this.#waiting) {
      // It only has to be let go, which takes no time.
      if (work.isAborted) this.#resume(work)
      else if (next === undefined || work.slices < next.slices) next = work
    }
    if (next === undefined) return
    this.#open()
    this.#resume(next)
  }

  #resume(work: SlicedWork): void {
    this.#waiting.delete(work)
    work.slices++
    work.resume()
  }
}

/** A piece of long work that takes turns with others. */
export class SlicedWork {
  readonly #all: TimeSlices
  readonly #signal: AbortSignal | undefined
  /** @internal Slices that it had to wait for. */
  slices = 0
  /** @internal Ends its wait. */
  resume: () => void = () => undefined

  /** @internal */
  constructor(all: TimeSlices, signal: AbortSignal | undefined) {
    this.#all = all
    this.#signal = signal
  }

  /** Whether to wait for the next turn; asked between steps of less than a tenth of a millisecond. */
  get isOver(): boolean {
    return this.#all.isOver
  }

  /** @internal */
  get isAborted(): boolean {
    return this.#signal?.aborted === true
  }

  /**
   * Resolves when it is the turn of this work: at once while the slice of this round lasts.
   *
   * @throws the reason of the signal when that is aborted
   */
  async next(): Promise<void> {
    this.#signal?.throwIfAborted()
    await this.#all.take(this)
    this.#signal?.throwIfAborted()
  }
}

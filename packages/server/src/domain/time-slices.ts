/** Milliseconds that sliced work may take at a time. */
const SLICE_MS = 2
/**
 * Milliseconds after a slice for which there is no other, unless a round of the event loop begins. To
 * learn of the round without that, an immediate would have to wait for it: then the event loop never
 * waits for several requests at once, and queries took a third more of the processor.
 */
const PAUSE_MS = 1

/** Slices up to which work is short. */
const SHORT = 4

/**
 * Shares the event loop among pieces of long work: in each round all of them together work for one
 * slice, so that a thousand hold up everything else no more than one does. Of those that wait, the
 * one that had the fewest slices goes next: short work is not kept waiting by long work (least
 * attained service; Nuyens and Wierman, "The Foreground-Background queue: a survey", 2008).
 */
export class TimeSlices {
  readonly #sliceMs: number
  readonly #waiting = new Set<SlicedWork>()
  #endsAt = Number.NEGATIVE_INFINITY
  #isScheduled = false
  #begun = 0

  /**
   * Makes slices that nothing shares yet.
   *
   * @param sliceMs milliseconds of work in one round; default 2
   */
  constructor(sliceMs = SLICE_MS) {
    this.#sliceMs = sliceMs
  }

  /** Begins a piece of work, which waits for its turn with {@link SlicedWork.next}. */
  begin(signal?: AbortSignal): SlicedWork {
    return new SlicedWork(this, this.#begun++, signal)
  }

  /** Whether the slice is used up. */
  get isOver(): boolean {
    const now = performance.now()
    if (now < this.#endsAt) return false
    if (this.#waiting.size > 0 || now < this.#endsAt + PAUSE_MS) return true
    this.#endsAt = now + this.#sliceMs
    return false
  }

  /** @internal Resolves at once while the slice lasts, else in a later round. */
  async take(work: SlicedWork): Promise<void> {
    if (!this.isOver) return
    await new Promise<void>((resolve) => {
      work.resume = resolve
      this.#waiting.add(work)
      this.#schedule()
    })
  }

  /** @internal Gives what a piece of work leaves of the slice to the next. */
  ended(): void {
    if (this.#waiting.size > 0 && performance.now() < this.#endsAt) this.#grantNext()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#endsAt = performance.now() + this.#sliceMs
      this.#grantNext()
      if (this.#waiting.size > 0) this.#schedule()
    })
  }

  #grantNext(): void {
    let next: SlicedWork | undefined
    for (const work of this.#waiting) {
      // It only has to be let go, which takes no time.
      if (work.isAborted) this.#resume(work)
      else if (next === undefined || work.goesBefore(next)) next = work
    }
    if (next) this.#resume(next)
  }

  #resume(work: SlicedWork): void {
    this.#waiting.delete(work)
    work.slices++
    work.resume()
  }
}

/** A piece of long work that takes turns with others, until its {@link end}. */
export class SlicedWork {
  readonly #all: TimeSlices
  readonly #signal: AbortSignal | undefined
  readonly #number: number
  /** @internal Slices that it had to wait for. */
  slices = 0
  /** @internal Ends its wait. */
  resume: () => void = () => undefined

  /** @internal */
  constructor(all: TimeSlices, number: number, signal: AbortSignal | undefined) {
    this.#all = all
    this.#number = number
    this.#signal = signal
  }

  /** @internal */
  goesBefore(other: SlicedWork): boolean {
    const [level, otherLevel] = [levelOf(this.slices), levelOf(other.slices)]
    return level < otherLevel || (level === otherLevel && this.#number < other.#number)
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
   * Resolves when it is the turn of this work: at once while the slice of this round lasts. To be
   * awaited before it is called again.
   *
   * @throws the reason of the signal when that is aborted
   */
  async next(): Promise<void> {
    this.#signal?.throwIfAborted()
    await this.#all.take(this)
    this.#signal?.throwIfAborted()
  }
  /** Ends the work: what is left of its slice is for others. Idempotent. */
  end(): void {
    this.#all.ended()
  }
}

/** Doubles with the slices, from {@link SHORT} on. */
function levelOf(slices: number): number {
  return 32 - Math.clz32(slices / SHORT)
}

import { ArrivalWatch } from './connection-arrivals.ts'

/** Milliseconds per iteration of the event loop that all long tasks together may take. */
const LONG_MS = 2
/**
 * Milliseconds per iteration that short tasks may take. Suspending a request has overhead: with 2 ms,
 * 64 concurrent clients needed 1.5 times the CPU time.
 */
const SHORT_MS = 10
/** Milliseconds per iteration that all tasks together may take while connections arrive. */
export const BUSY_SLICE_MS = 0.05
/** Number of iterations up to which a task counts as short. */
const SHORT_ROUNDS = 4

/** Signals that work was cancelled, and why; an `AbortSignal`, for example. */
export interface Cancellation {
  /** Whether the work was cancelled. */
  readonly aborted: boolean
  /** @throws the reason, if the work was cancelled */
  throwIfAborted(): void
}

/**
 * Shares the event loop among tasks: in each iteration ("round") all of them together run for a few
 * milliseconds, so that a thousand tasks delay everything else no more than one does. Among waiting
 * tasks, those that had the fewest rounds go next, in the order in which they began, so that long tasks
 * do not delay short ones (multilevel feedback queue; Corbató, Merwin-Daggett and Daley, 1962). While
 * connections arrive, the slices are shorter.
 */
export class TimeSlices {
  readonly #longMs: number
  readonly #shortMs: number
  readonly #waiting = new Set<SlicedWork>()
  readonly #arrivals = new ArrivalWatch()
  /** When this round began; undefined if no task has run in it yet. */
  #roundBegan: number | undefined
  /** Whether connections are arriving. */
  #isBusy = false
  #begun = 0

  /**
   * Creates a scheduler without tasks.
   *
   * @param limits milliseconds of a round for long tasks and for short ones; default 2 and 10
   */
  constructor({ longMs = LONG_MS, shortMs = SHORT_MS } = {}) {
    this.#longMs = longMs
    this.#shortMs = shortMs
  }

  /** Begins a task, which waits for its next time slice with {@link SlicedWork.next}. */
  begin(cancellation?: Cancellation): SlicedWork {
    return new SlicedWork(this, this.#begun++, cancellation)
  }

  /** @internal Whether a task has to wait for another round. */
  isOver(work: SlicedWork): boolean {
    const now = performance.now()
    this.#roundBegan ??= this.#begin(now)
    return now >= this.#roundBegan + this.#budgetOf(work)
  }

  #budgetOf({ level }: SlicedWork): number {
    const usual = level === 0 ? this.#shortMs : this.#longMs
    return this.#isBusy ? Math.min(usual, BUSY_SLICE_MS) : usual
  }

  /** @internal Resolves immediately while this round lasts, otherwise in a later one. */
  async take(work: SlicedWork): Promise<void> {
    if (!this.isOver(work)) return
    await new Promise<void>((resolve) => {
      work.resume = resolve
      this.#waiting.add(work)
    })
  }

  /** @internal Passes the remainder of a round to the next waiting task. */
  ended(): void {
    if (this.#waiting.size > 0) this.#grantNext()
  }

  #begin(now: number): number {
    setImmediate(() => {
      this.#roundBegan = undefined
      this.#isBusy = this.#arrivals.next()
      if (this.#waiting.size > 0) this.#grantNext()
    })
    return now
  }

  #grantNext(): void {
    let next: SlicedWork | undefined
    for (const work of this.#waiting) {
      // A cancelled task only has to be resumed, which takes no time.
      if (work.isAborted) this.#resume(work)
      else if (next === undefined || work.precedes(next)) next = work
    }
    if (next && !this.isOver(next)) this.#resume(next)
  }

  #resume(work: SlicedWork): void {
    this.#waiting.delete(work)
    work.rounds++
    work.resume()
  }
}

/** A task that shares the event loop with others, until its {@link end}. */
export class SlicedWork {
  readonly #slices: TimeSlices
  readonly #cancellation: Cancellation | undefined
  readonly #number: number
  /** @internal Number of rounds for which it had to wait. */
  rounds = 0
  /** @internal Ends its wait. */
  resume: () => void = () => undefined

  /** @internal */
  constructor(slices: TimeSlices, number: number, cancellation: Cancellation | undefined) {
    this.#slices = slices
    this.#number = number
    this.#cancellation = cancellation
  }

  /** @internal */
  precedes(other: SlicedWork): boolean {
    const { level } = this
    return level < other.level || (level === other.level && this.#number < other.#number)
  }

  /** @internal 0 for a short task; for a long one it grows each time the rounds double. */
  get level(): number {
    return 32 - Math.clz32(this.rounds / SHORT_ROUNDS)
  }

  /** Whether the time slice is used up; to be checked between steps of less than 0.1 ms. */
  get isOver(): boolean {
    return this.#slices.isOver(this)
  }

  /** @internal */
  get isAborted(): boolean {
    return this.#cancellation?.aborted === true
  }

  /**
   * Resolves when the task may continue: immediately while its time slice lasts. Must be awaited
   * before it is called again.
   *
   * @throws the reason if the task was cancelled
   */
  async next(): Promise<void> {
    this.throwIfAborted()
    await this.#slices.take(this)
    this.throwIfAborted()
  }

  /** @throws the reason if the task was cancelled */
  throwIfAborted(): void {
    this.#cancellation?.throwIfAborted()
  }

  /** Ends the task and passes the remainder of its slice to others. Idempotent. */
  end(): void {
    this.#slices.ended()
  }
}

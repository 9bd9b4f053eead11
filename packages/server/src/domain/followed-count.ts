import type { EventBus } from './event-bus.ts'
import type { Transition } from './transition.ts'

/** What a store has counted, and the revision of the last transition in it. */
export interface Counted<Counter> {
  readonly counter: Counter
  readonly revision: number
}

/**
 * A count that the store makes once, on the first call, and that continues with the transitions that arrive anyway.
 * It starts anew when the history is replaced.
 */
export class FollowedCount<Counter extends { apply(transition: Transition): void }> {
  readonly #countAll: () => Promise<Counted<Counter>>
  #counting: Promise<Counter> | undefined
  /** Transitions received during the count, by which the latest count knows that it is; undefined: there is none. */
  #buffered: Transition[] | undefined
  #counted: Counted<Counter> | undefined

  /** @param countAll has the store count; the history must be the one that the bus continues */
  constructor(bus: EventBus, countAll: () => Promise<Counted<Counter>>) {
    this.#countAll = countAll
    bus.subscribe(
      (transitions) => this.#observe(transitions),
      () => this.#forget(),
    )
  }

  /** The current count; undefined until {@link get} has resolved, and after the history was replaced. */
  get current(): Counter | undefined {
    return this.#counted?.counter
  }

  /**
   * Returns the count, which continues to change; has the store count if it has not yet.
   *
   * @throws what the store throws; the next call tries again
   */
  get(): Promise<Counter> {
    this.#counting ??= this.#count()
    return this.#counting
  }

  async #count(): Promise<Counter> {
    const buffered: Transition[] = []
    this.#buffered = buffered
    const counted = await this.#countAll().catch((error: unknown) => {
      if (this.#buffered === buffered) this.#forget()
      throw error
    })
    // The history was replaced meanwhile: this count is of the previous one.
    if (this.#buffered !== buffered) return this.get()
    this.#counted = counted
    applyTo(counted, buffered.splice(0))
    return counted.counter
  }

  #observe(transitions: readonly Transition[]): void {
    if (this.#counted) applyTo(this.#counted, transitions)
    else this.#buffered?.push(...transitions)
  }

  #forget(): void {
    this.#counting = this.#counted = this.#buffered = undefined
  }
}

/** Skips transitions that are counted already: on several nodes, they may be yet to arrive. */
function applyTo<Counter extends { apply(transition: Transition): void }>(
  { counter, revision }: Counted<Counter>,
  transitions: readonly Transition[],
): void {
  for (const transition of transitions) {
    if (transition.revision > revision) counter.apply(transition)
  }
}

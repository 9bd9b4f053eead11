/**
 * Calls a function once at the end of the turn of the event loop in which it was scheduled, however often
 * that was, so that everything that arrives in one turn is handled together.
 */
export class EndOfTurn {
  readonly #call: () => void
  #isScheduled = false

  constructor(call: () => void) {
    this.#call = call
  }

  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#call()
    })
  }
}

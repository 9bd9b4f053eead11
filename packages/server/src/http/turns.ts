/** Milliseconds of work after which it is somebody else's turn. */
const TURN_MS = 1

/**
 * Lets long work of many take turns: of all who share it, one goes on in each round of the event
 * loop. So a thousand clients that begin at once hold up the others no more than one does.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve()
  #began = 0

  /** Resolves at once while the turn lasts, else when it comes round again. */
  async next(): Promise<void> {
    if (performance.now() - this.#began < TURN_MS) return
    this.#last = this.#last.then(() => new Promise((resolve) => setImmediate(resolve)))
    await this.#last
    this.#began = performance.now()
  }
}

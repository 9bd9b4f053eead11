import type { Intent } from '../domain/transition-batch.ts'

/** Intents that one caller waits for together. */
export interface Submission<Outcome> {
  readonly intents: readonly Intent[]
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** Callers that wait for the next group commit. */
export class WriteQueue<Outcome> {
  #waiting: Submission<Outcome>[] = []

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Resolves with what came of the intents, once it is durable. */
  add(intents: readonly Intent[]): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    this.#waiting.push({ intents, resolve, reject })
    return promise
  }

  /** Takes whole submissions, in order, until they hold so many intents. */
  take(limit: number): Submission<Outcome>[] {
    let intents = 0
    let count = 0
    for (const submission of this.#waiting) {
      intents += submission.intents.length
      count++
      if (intents >= limit) break
    }
    return this.#waiting.splice(0, count)
  }
}

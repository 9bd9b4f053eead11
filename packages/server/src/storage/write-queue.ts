import type { LeaseFields } from '../../domain/lease.ts'
import type { Intent } from '../../domain/transition-batch.ts'

/** Intents that one caller waits for together. */
export interface Submission {
  readonly intents: readonly Intent[]
  readonly resolve: (outcomes: readonly (LeaseFields | undefined)[]) => void
  readonly reject: (error: unknown) => void
}

/** Callers that wait for the next group commit. */
export class WriteQueue {
  #waiting: Submission[] = []

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Resolves with the agents after the intents, once they are durable. */
  add(intents: readonly Intent[]): Promise<readonly (LeaseFields | undefined)[]> {
    const { promise, resolve, reject } =
      Promise.withResolvers<readonly (LeaseFields | undefined)[]>()
    this.#waiting.push({ intents, resolve, reject })
    return promise
  }

  /** Takes whole submissions, in order, until they hold so many intents. */
  take(limit: number): Submission[] {
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

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
  /** How many intents for an agent wait or are under way. */
  readonly #unsettled = new Map<string, number>()

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Resolves with what came of the intents, once it is durable. */
  add(intents: readonly Intent[]): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    this.#waiting.push({ intents, resolve, reject })
    for (const { agentId } of intents) this.#count(agentId, 1)
    return promise.finally(() => {
      for (const { agentId } of intents) this.#count(agentId, -1)
    })
  }

  /** Whether something that may change an agent waits or is under way. */
  isPending(agentId: string): boolean {
    return this.#unsettled.has(agentId)
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

  #count(agentId: string, change: 1 | -1): void {
    const count = (this.#unsettled.get(agentId) ?? 0) + change
    if (count === 0) this.#unsettled.delete(agentId)
    else this.#unsettled.set(agentId, count)
  }
}

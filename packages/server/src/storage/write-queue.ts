import type { Intent } from '../domain/intent.ts'

/** Intents that one caller submitted together. */
export interface Submission<Outcome> {
  readonly intents: readonly Intent[]
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** Submissions that wait for the next group commit. */
export class WriteQueue<Outcome> {
  #waiting: Submission<Outcome>[] = []
  /** Number of queued or in-flight intents per agent. */
  readonly #pendingByAgent = new Map<string, number>()

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Resolves with the outcome of the intents once it is durable. */
  add(intents: readonly Intent[]): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    this.#waiting.push({ intents, resolve, reject })
    for (const { agentId } of intents) this.#count(agentId, 1)
    return promise.finally(() => {
      for (const { agentId } of intents) this.#count(agentId, -1)
    })
  }

  /** Returns whether an intent for the agent is queued or in flight. */
  isPending(agentId: string): boolean {
    return this.#pendingByAgent.has(agentId)
  }

  /** Removes and returns whole submissions, in order, until they hold at least `limit` intents. */
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
    const count = (this.#pendingByAgent.get(agentId) ?? 0) + change
    if (count === 0) this.#pendingByAgent.delete(agentId)
    else this.#pendingByAgent.set(agentId, count)
  }
}

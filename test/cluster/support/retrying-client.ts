import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, HttpClient, isConnectionLost } from '../../e2e/support/http-client.ts'

/** What a client came to know of a request. */
export type Attempt<Body> =
  | { readonly outcome: 'answered'; readonly answer: Answer<Body> }
  /** The connection was lost, or the registry could not say: it may have been done or not. */
  | { readonly outcome: 'unknown' }

/** An answer, and what it took to get it. */
export interface Persistence<Body> {
  readonly answer: Answer<Body>
  /** Requests that were sent; all but the last had an unknown outcome. */
  readonly attempts: number
  /** Unix milliseconds at which the one that was answered was sent, and its answer was there. */
  readonly sentAt: number
  readonly answeredAt: number
}

/** Milliseconds until the next attempt when the registry has asked for patience (503). */
const PATIENCE_MS = 20

/** Requests under way at once: as many as connections, and fewer than a backlog holds. */
const MOST_AT_ONCE = 100

/** A client as agents are: a request that got no answer is sent again at once. */
export class PatientClient implements Disposable {
  readonly figures = { answered: 0, unknown: 0 }
  readonly #http: HttpClient
  readonly #queue: (() => void)[] = []
  #underWay = 0

  constructor(url: string) {
    this.#http = new HttpClient(url)
  }

  /** Sends a request once. */
  async attempt<Body>(method: string, path: string, body?: unknown): Promise<Attempt<Body>> {
    if (this.#underWay >= MOST_AT_ONCE) {
      await new Promise<void>((resolve) => this.#queue.push(resolve))
    } else this.#underWay++
    try {
      const answer = await this.#http.send<Body>(method, path, body)
      if (answer.status < 500) {
        this.figures.answered++
        return { outcome: 'answered', answer }
      }
    } catch (error) {
      if (!isConnectionLost(error)) throw error
    } finally {
      // Whoever waits takes the place.
      const next = this.#queue.shift()
      if (next === undefined) this.#underWay--
      else next()
    }
    this.figures.unknown++
    return { outcome: 'unknown' }
  }

  /** Sends a request until it is answered. */
  async send<Body>(method: string, path: string, body?: unknown): Promise<Persistence<Body>> {
    for (let attempts = 1; ; attempts++) {
      const sentAt = Date.now()
      const attempt = await this.attempt<Body>(method, path, body)
      const answeredAt = Date.now()
      if (attempt.outcome === 'answered') {
        return { answer: attempt.answer, attempts, sentAt, answeredAt }
      }
      // The first time at once: the next node is there.
      if (attempts > 1) await sleep(PATIENCE_MS)
    }
  }

  [Symbol.dispose](): void {
    this.#http.close()
  }
}

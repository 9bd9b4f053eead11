import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, HttpClient, isConnectionLost } from '../../e2e/support/http-client.ts'

/** Outcome of a request. */
export type Attempt<Body> =
  | { readonly outcome: 'responded'; readonly response: Answer<Body> }
  /**
   * The connection was lost, or the server reported an unknown outcome: the request may have been
   * applied.
   */
  | { readonly outcome: 'unknown' }

/** A response, and what it took to get it. */
export interface RetriedResponse<Body> {
  readonly response: Answer<Body>
  /** Requests sent; all but the last had an unknown outcome. */
  readonly attempts: number
  /** Unix milliseconds at which the successful request was sent, and its response arrived. */
  readonly sentAt: number
  readonly respondedAt: number
}

/** Milliseconds between attempts after a 503. */
const RETRY_DELAY_MS = 20

/** Concurrent requests: one per connection, and fewer than the listen backlog holds. */
const MAX_CONCURRENT = 100

/** A client that behaves as agents do: a request without a response is sent again at once. */
export class RetryingClient implements Disposable {
  readonly figures = { responded: 0, unknown: 0 }
  readonly #http: HttpClient
  readonly #queue: (() => void)[] = []
  #inFlight = 0

  constructor(url: string) {
    this.#http = new HttpClient(url)
  }

  /** Sends a request once. */
  async attempt<Body>(method: string, path: string, body?: unknown): Promise<Attempt<Body>> {
    if (this.#inFlight >= MAX_CONCURRENT) {
      await new Promise<void>((resolve) => this.#queue.push(resolve))
    } else this.#inFlight++
    try {
      const response = await this.#http.send<Body>(method, path, body)
      if (response.status < 500) {
        this.figures.responded++
        return { outcome: 'responded', response }
      }
    } catch (error) {
      if (!isConnectionLost(error)) throw error
    } finally {
      // The next waiting request takes the slot.
      const next = this.#queue.shift()
      if (next === undefined) this.#inFlight--
      else next()
    }
    this.figures.unknown++
    return { outcome: 'unknown' }
  }

  /** Sends a request until it gets a response. */
  async send<Body>(method: string, path: string, body?: unknown): Promise<RetriedResponse<Body>> {
    for (let attempts = 1; ; attempts++) {
      const sentAt = Date.now()
      const attempt = await this.attempt<Body>(method, path, body)
      const respondedAt = Date.now()
      if (attempt.outcome === 'responded') {
        return { response: attempt.response, attempts, sentAt, respondedAt }
      }
      // The first retry is immediate: the proxy picks the next node.
      if (attempts > 1) await sleep(RETRY_DELAY_MS)
    }
  }

  [Symbol.dispose](): void {
    this.#http.close()
  }
}

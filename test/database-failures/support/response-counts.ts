import type { ProblemDetails } from '@rollcall/protocol'
import type { Answer } from '../../e2e/support/http-client.ts'

/** Unexpected responses to keep for the report; the rest are only counted. */
const MAX_REPORTED = 10

/** Counts responses and keeps those that an unavailable database does not excuse. */
export class ResponseCounts {
  readonly #failures: string[] = []
  #faultCount = 0
  #expected = 0
  #rejected = 0
  #slowestMs = 0

  /** Expected responses. */
  get expected(): number {
    return this.#expected
  }

  /** Well-formed 503 responses. */
  get rejected(): number {
    return this.#rejected
  }

  /** The longest wait for a response. */
  get slowestMs(): number {
    return this.#slowestMs
  }

  /** Descriptions of the first unexpected responses; empty if there is none. */
  get failures(): readonly string[] {
    const more = this.#faultCount - this.#failures.length
    return more > 0 ? [...this.#failures, `and ${more} more`] : this.#failures
  }

  /**
   * Sends a request and checks the response.
   *
   * @param what description for messages
   * @param isExpected whether a response other than a 503 is expected; default: status 200
   * @returns the response if it was expected, undefined otherwise
   *
   */
  async record<Body>(
    what: string,
    send: () => Promise<Answer<Body>>,
    isExpected: (response: Answer<Body>) => boolean = ({ status }) => status === 200,
  ): Promise<Answer<Body> | undefined> {
    const sentAt = performance.now()
    try {
      const response = await send()
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - sentAt)
      if (isExpected(response)) {
        this.#expected++
        return response
      }
      if (isUnavailable(response)) this.#rejected++
      else
        this.addFailure(
          `${what}: ${response.status} ${JSON.stringify(response.body).slice(0, 300)}`,
        )
    } catch (error) {
      this.addFailure(`${what}: ${error}`)
    }
    return undefined
  }

  /** Records another failure. */
  addFailure(what: string): void {
    this.#faultCount++
    if (this.#failures.length < MAX_REPORTED) this.#failures.push(what)
  }
}

/** Whether a response is the 503 for an unavailable store and includes `Retry-After`. */
export function isUnavailable({ status, headers, body }: Answer<unknown>): boolean {
  const { code } = (body ?? {}) as Partial<ProblemDetails>
  return (
    status === 503 &&
    (code === 'STORAGE_UNAVAILABLE' || code === 'OUTCOME_UNKNOWN' || code === 'OVERLOADED') &&
    Number(headers['retry-after']) > 0 &&
    String(headers['content-type']).includes('application/problem+json')
  )
}

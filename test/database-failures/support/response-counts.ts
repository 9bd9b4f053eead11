import type { ProblemDetails } from '@rollcall/protocol'
import type { Answer } from '../../e2e/support/http-client.ts'

/** Wrong answers that are kept to be shown; the others are only counted. */
const SHOWN = 10

/** Counts answers, and keeps those that no trouble of a database excuses. */
export class AnswerTally {
  readonly #faults: string[] = []
  #faultCount = 0
  #fine = 0
  #refused = 0
  #slowestMs = 0

  /** Answers that were right. */
  get fine(): number {
    return this.#fine
  }

  /** Proper 503s. */
  get refused(): number {
    return this.#refused
  }

  /** The longest that anybody waited for an answer. */
  get slowestMs(): number {
    return this.#slowestMs
  }

  /** The first wrong answers in words; none is what there should be. */
  get faults(): readonly string[] {
    const more = this.#faultCount - this.#faults.length
    return more > 0 ? [...this.#faults, `and ${more} more`] : this.#faults
  }

  /**
   * Sends something and judges the answer.
   *
   * @param what for messages
   * @param isRight whether a body or a status that is not 503 is as it should be; default: 200
   * @returns the answer when it was right, undefined when it was a 503 or wrong
   */
  async judge<Body>(
    what: string,
    send: () => Promise<Answer<Body>>,
    isRight: (answer: Answer<Body>) => boolean = ({ status }) => status === 200,
  ): Promise<Answer<Body> | undefined> {
    const sentAt = performance.now()
    try {
      const answer = await send()
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - sentAt)
      if (isRight(answer)) {
        this.#fine++
        return answer
      }
      if (isProperRefusal(answer)) this.#refused++
      else this.fault(`${what}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`)
    } catch (error) {
      this.fault(`${what}: ${error}`)
    }
    return undefined
  }

  /** Notes something else that went wrong. */
  fault(what: string): void {
    this.#faultCount++
    if (this.#faults.length < SHOWN) this.#faults.push(what)
  }
}

/** Whether an answer is the one for a store in trouble, and says when to come back. */
export function isProperRefusal({ status, headers, body }: Answer<unknown>): boolean {
  const { code } = (body ?? {}) as Partial<ProblemDetails>
  return (
    status === 503 &&
    (code === 'STORAGE_UNAVAILABLE' || code === 'OUTCOME_UNKNOWN' || code === 'OVERLOADED') &&
    Number(headers['retry-after']) > 0 &&
    String(headers['content-type']).includes('application/problem+json')
  )
}

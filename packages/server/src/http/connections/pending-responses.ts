import type { ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { LimitLog } from '../../telemetry/limit-log.ts'
import { HttpProblem } from '../responses/problem.ts'

const LIMIT = SERVER_LIMITS.responseBytesInAll.value

/** A response on its way out. */
interface LeavingAnswer {
  /** Bytes of memory that it occupies. */
  bytes: number
  /** Resolves when it has left, or the client has. */
  readonly left: Promise<void>
}

/**
 * Large answers on their way out. A closing `node:http` server drops connections whose answer is
 * written but has not left the process yet, so shutting down waits for these first. All of them
 * together may occupy a limited amount of memory.
 */
export class PendingResponses {
  readonly #leaving = new Map<ServerResponse, LeavingAnswer>()
  readonly #log: LimitLog
  #bytes = 0

  constructor(options: { logger: FastifyBaseLogger }) {
    this.#log = new LimitLog({ logger: options.logger, subject: 'sending responses' })
  }

  /** Bytes that are {@link hold held}. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Counts memory that an answer occupies from now on, until it has left or the client has. To be
   * called with each part before more is built.
   *
   * @throws HttpProblem `OVERLOADED` when all answers together would occupy too much
   */
  hold(response: ServerResponse, bytes: number): void {
    if (response.destroyed) return
    if (this.#bytes + bytes > LIMIT) {
      this.#log.reached(`responses that clients do not take occupy all of their ${LIMIT} bytes`)
      throw noRoom()
    }
    this.#follow(response).bytes += bytes
    this.#bytes += bytes
  }

  /** Resolves when the answer has left, or the client has. */
  async track(response: ServerResponse): Promise<void> {
    if (!response.destroyed) await this.#follow(response).left
  }

  /** Resolves when all of them have left. */
  async allGone(): Promise<void> {
    await Promise.all(this.#leaving.values().map(({ left }) => left))
  }

  /** With one listener for everything: each further one costs a query some percent. */
  #follow(response: ServerResponse): LeavingAnswer {
    const known = this.#leaving.get(response)
    if (known) return known
    const { promise: left, resolve } = Promise.withResolvers<void>()
    const answer = { bytes: 0, left }
    this.#leaving.set(response, answer)
    response.once('close', () => {
      this.#leaving.delete(response)
      this.#bytes -= answer.bytes
      resolve()
    })
    return answer
  }
}

function noRoom(): HttpProblem {
  return new HttpProblem(
    'OVERLOADED',
    'Responses that wait for their clients occupy all the memory for them. Try again.',
  )
}

import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import type { FastifyBaseLogger } from 'fastify'
import { SERVER_LIMITS } from '../domain/limits.ts'
import { LimitLog } from '../telemetry/limit-log.ts'
import { HttpProblem } from './problem.ts'

const LIMIT = SERVER_LIMITS.responseBytesInAll.value

/**
 * Large answers on their way out. A closing `node:http` server drops connections whose answer is
 * written but has not left the process yet, so whoever closes waits for these first. All of them
 * together may occupy a limited amount of memory.
 */
export class LeavingAnswers {
  readonly #leaving = new Set<Promise<void>>()
  readonly #held = new Map<ServerResponse, number>()
  readonly #log: LimitLog
  #bytes = 0

  constructor(options: { logger: FastifyBaseLogger }) {
    this.#log = new LimitLog({ logger: options.logger, what: 'sending responses' })
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
    const before = this.#held.get(response)
    if (before === undefined) response.once('close', () => this.#release(response))
    this.#held.set(response, (before ?? 0) + bytes)
    this.#bytes += bytes
  }

  /** Resolves when the answer has left, or the client has. */
  track(response: ServerResponse): Promise<void> {
    const leaving = finished(response)
      .catch(() => undefined)
      .finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
    return leaving
  }

  /** Resolves when all of them have left. */
  async allGone(): Promise<void> {
    await Promise.all(this.#leaving)
  }

  #release(response: ServerResponse): void {
    this.#bytes -= this.#held.get(response) ?? 0
    this.#held.delete(response)
  }
}

function noRoom(): HttpProblem {
  return new HttpProblem(
    'OVERLOADED',
    'Responses that wait for their clients occupy all the memory for them. Try again.',
  )
}

import type { ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { LimitLog } from '../../telemetry/limit-log.ts'
import { HttpProblem } from '../responses/problem.ts'

const LIMIT = SERVER_LIMITS.responseBytesInAll.value

/** A response that has not been sent completely. */
interface PendingResponse {
  /** Bytes of memory that it uses. */
  bytes: number
  /** Resolves when it was sent, or the client has disconnected. */
  readonly closed: Promise<void>
}

/**
 * Tracks large responses until they are sent. A closing `node:http` server drops connections whose
 * response is written but still buffered in the process, so shutdown waits for these first. Their
 * total memory is limited.
 */
export class PendingResponses {
  readonly #pending = new Map<ServerResponse, PendingResponse>()
  readonly #log: LimitLog
  #bytes = 0

  constructor(options: { logger: FastifyBaseLogger }) {
    this.#log = new LimitLog({ logger: options.logger, subject: 'sending responses' })
  }

  /** Bytes that are {@link reserve reserved}. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Reserves memory for a response until it was sent or the client has disconnected. Must be called
   * for each part before more is built. If it throws, what was reserved for this response is free at once: while
   * the error is being sent, other responses that are being built would fail as well, until none is left.
   *
   * @throws HttpProblem `OVERLOADED` if all responses together would use too much
   */
  reserve(response: ServerResponse, bytes: number): void {
    if (response.destroyed) return
    if (this.#bytes + bytes > LIMIT) {
      this.#log.reached(`unsent responses use all ${LIMIT} bytes of their memory`)
      this.#free(this.#pending.get(response))
      throw memoryExhausted()
    }
    this.#pendingOf(response).bytes += bytes
    this.#bytes += bytes
  }

  /** Resolves when the response was sent, or the client has disconnected. */
  async track(response: ServerResponse): Promise<void> {
    if (!response.destroyed) await this.#pendingOf(response).closed
  }

  /** Resolves when all responses were sent. */
  async drain(): Promise<void> {
    await Promise.all(this.#pending.values().map(({ closed }) => closed))
  }

  /** Adds only one listener per response: each further one slows a query by a few percent. */
  #pendingOf(response: ServerResponse): PendingResponse {
    const known = this.#pending.get(response)
    if (known) return known
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    const pending = { bytes: 0, closed }
    this.#pending.set(response, pending)
    response.once('close', () => {
      this.#pending.delete(response)
      this.#free(pending)
      resolve()
    })
    return pending
  }

  #free(pending: PendingResponse | undefined): void {
    if (pending === undefined) return
    this.#bytes -= pending.bytes
    pending.bytes = 0
  }
}

function memoryExhausted(): HttpProblem {
  return new HttpProblem(
    'OVERLOADED',
    'Unsent responses to other clients use all the memory for responses. Try again.',
  )
}

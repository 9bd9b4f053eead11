import type { ServerResponse } from 'node:http'
import { RegistryError } from '../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { Cancellation } from '../../scheduling/time-slices.ts'

const { queryTime } = SERVER_LIMITS

/**
 * Whether a query has to end, and why: its client has gone, or it has taken too long. Most queries ask
 * between two steps of their work. A signal, with the listener and the timer behind it, is made only for
 * those that wait for something else: for every query, these took a twentieth of its time.
 */
export class QueryEnd implements Cancellation {
  readonly #response: ServerResponse
  /** When it has taken too long. */
  #deadlineMs = Number.POSITIVE_INFINITY
  #reason: Error | undefined
  #controller: AbortController | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /** Whether it has to; that it has taken too long is noticed by {@link throwIfAborted}. */
  get aborted(): boolean {
    if (this.#response.destroyed) this.#closed()
    return this.#reason !== undefined
  }

  /** @throws the reason, if the query has to end */
  throwIfAborted(): void {
    if (!this.aborted && performance.now() >= this.#deadlineMs) this.#abort(tooLong())
    if (this.#reason !== undefined) throw this.#reason
  }

  /** Aborted when the query has to end. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      this.#response.once('close', this.#closed)
      this.#watchDeadline()
      if (this.aborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** From now on its time is limited. */
  limitTime(): void {
    this.#deadlineMs = performance.now() + queryTime.value * 1000
    this.#watchDeadline()
  }

  /** From now on it may take any time: its response has begun. */
  unlimitTime(): void {
    this.#deadlineMs = Number.POSITIVE_INFINITY
    clearTimeout(this.#timer)
  }

  /** It is over: what becomes of the connection does not matter any more. */
  settle(): void {
    this.unlimitTime()
    if (this.#controller) this.#response.off('close', this.#closed)
  }

  #watchDeadline(): void {
    if (this.#controller === undefined || this.#deadlineMs === Number.POSITIVE_INFINITY) return
    const ms = Math.max(0, this.#deadlineMs - performance.now())
    this.#timer = setTimeout(() => this.#abort(tooLong()), ms)
  }

  readonly #closed = (): void => {
    if (!this.#response.writableFinished) this.#abort(new ClientGoneError())
  }

  #abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
  }
}

/** The client has closed the connection: no response can reach it. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'

  constructor() {
    super('the client has closed the connection')
  }
}

function tooLong(): RegistryError {
  return new RegistryError(
    'OVERLOADED',
    `the query took more than ${queryTime.value} s; ask for less, or page with limit=`,
  )
}

import type { ServerResponse } from 'node:http'
import { RegistryError } from '../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { Cancellation } from '../../scheduling/time-slices.ts'

const { queryTime } = SERVER_LIMITS

/**
 * The cancellation of a query, because its client has disconnected or its time limit was exceeded. Most
 * queries check it between two steps of their work. The signal, with its listener and timer, is created
 * only for queries that wait for something else: for every query, it took a twentieth of its time.
 */
export class QueryCancellation implements Cancellation {
  readonly #response: ServerResponse
  #deadlineMs = Number.POSITIVE_INFINITY
  #reason: Error | undefined
  #controller: AbortController | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /** Whether the query was cancelled; only {@link throwIfAborted} checks the time limit. */
  get aborted(): boolean {
    if (this.#response.destroyed) this.#closed()
    return this.#reason !== undefined
  }

  /** @throws the reason if the query was cancelled */
  throwIfAborted(): void {
    if (!this.aborted && performance.now() >= this.#deadlineMs) this.#abort(timedOut())
    if (this.#reason !== undefined) throw this.#reason
  }

  /** Aborted when the query is cancelled. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      this.#response.once('close', this.#closed)
      this.#watchDeadline()
      if (this.aborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Starts the time limit. */
  setDeadline(): void {
    this.#deadlineMs = performance.now() + queryTime.value * 1000
    this.#watchDeadline()
  }

  /** Ends the time limit, because the response has begun. */
  clearDeadline(): void {
    this.#deadlineMs = Number.POSITIVE_INFINITY
    clearTimeout(this.#timer)
  }

  /** Releases the timer and the listener. Called when the query has ended. */
  dispose(): void {
    this.clearDeadline()
    if (this.#controller) this.#response.off('close', this.#closed)
  }

  #watchDeadline(): void {
    if (this.#controller === undefined || this.#deadlineMs === Number.POSITIVE_INFINITY) return
    const ms = Math.max(0, this.#deadlineMs - performance.now())
    this.#timer = setTimeout(() => this.#abort(timedOut()), ms)
  }

  readonly #closed = (): void => {
    if (!this.#response.writableFinished) this.#abort(new ClientDisconnectedError())
  }

  #abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
  }
}

/** The client has closed the connection, so that no response can reach it. */
export class ClientDisconnectedError extends Error {
  override readonly name = 'ClientDisconnectedError'

  constructor() {
    super('the client has closed the connection')
  }
}

function timedOut(): RegistryError {
  return new RegistryError(
    'OVERLOADED',
    `the query took more than ${queryTime.value} s; narrow it, or page with limit=`,
  )
}

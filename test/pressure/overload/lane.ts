import { AttackConnection, requestBytes } from '../raw-client.ts'

/** A connection that is opened again whenever the registry has closed it, and what was sent on it in all. */
export class Lane {
  readonly #url: string
  readonly #signal: AbortSignal
  #connection: AttackConnection
  /** Requests sent on this connection. */
  #sent = 0
  /** On earlier connections. */
  readonly #before = { sent: 0, responses: 0, refused: 0 }
  #closed = 0

  /** @param signal closes it for good when aborted */
  constructor(url: string, signal: AbortSignal) {
    this.#url = url
    this.#signal = signal
    this.#connection = new AttackConnection(url, signal).read()
  }

  get sent(): number {
    return this.#before.sent + this.#sent
  }

  get responses(): number {
    return this.#before.responses + this.#connection.responses
  }

  /** Responses with status 429 or 503. */
  get refused(): number {
    return this.#before.refused + this.#connection.refused
  }

  /** How often the registry has closed it. */
  get closed(): number {
    return this.#closed
  }

  /** Requests without a response. */
  get inFlight(): number {
    return this.#sent - this.#connection.responses
  }

  /** Resolves once the registry has responded to a request that it never refuses. */
  async untilAccepted(): Promise<void> {
    this.write(requestBytes('GET', '/health/live'), 1)
    await this.untilIdle()
  }

  write(bytes: Buffer, requests: number): void {
    this.#connection.socket.write(bytes)
    this.#sent += requests
  }

  /** Resolves once nothing is in flight: each request has a response, or the connection was closed. */
  async untilIdle(): Promise<void> {
    await this.#connection.waitForResponses(this.#sent)
  }

  /** Opens it again if the registry has closed it. */
  reopen(): void {
    if (!this.#connection.isClosed || this.#signal.aborted) return
    this.#before.sent += this.#sent
    this.#before.responses += this.#connection.responses
    this.#before.refused += this.#connection.refused
    this.#sent = 0
    this.#closed++
    this.#connection = new AttackConnection(this.#url, this.#signal).read()
  }
}

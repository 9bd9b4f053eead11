import { RawConnection } from '../../http/support/raw-connection.ts'
import { isStream, type RawResponse } from '../../http/support/raw-response.ts'
import { corruptsConnection, disconnectsEarly, type FuzzRequest, toBytes } from './fuzz-request.ts'

/** Sends hostile requests in sequence, over one connection while it lasts. */
export class FuzzClient implements AsyncDisposable {
  readonly #baseUrl: string
  #connection: RawConnection | undefined
  #before: FuzzRequest | undefined
  #sent: FuzzRequest | undefined

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl
  }

  /** The previous request on the same connection, if any. */
  get before(): FuzzRequest | undefined {
    return this.#before
  }

  /**
   * Sends a request and returns the response.
   *
   * @throws ResponseTimeout after 5 s
   * @throws ClosedWithoutResponse
   */
  async send(request: FuzzRequest): Promise<RawResponse> {
    if (this.#connection?.isClosed) await this.#close()
    this.#connection ??= await RawConnection.open(this.#baseUrl)
    const connection = this.#connection
    this.#before = this.#sent
    this.#sent = request
    let keep = false
    try {
      connection.send(toBytes(request))
      if (disconnectsEarly(request)) connection.endSending()
      const toHead = request.method === 'HEAD'
      let response = await connection.answer({ toHead })
      while (response.status < 200) response = await connection.answer({ toHead })
      const ends = response.headers.get('connection') === 'keep-alive' && !isStream(response)
      keep = ends && !corruptsConnection(request)
      return response
    } finally {
      if (!keep) await this.#close()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close()
  }

  async #close(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    this.#sent = undefined
    await connection?.[Symbol.asyncDispose]()
  }
}

import { RawConnection } from '../../http/support/raw-connection.ts'
import { isStream, type RawAnswer } from '../../http/support/raw-response.ts'
import { type FuzzRequest, hangsUp, spoilsConnection, toBytes } from './fuzz-request.ts'

/** Sends hostile requests one after the other, over one connection for as long as that holds. */
export class FuzzClient implements AsyncDisposable {
  readonly #baseUrl: string
  #connection: RawConnection | undefined
  #before: FuzzRequest | undefined
  #sent: FuzzRequest | undefined

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl
  }

  /** The request that went over the same connection before the last one, if one did. */
  get before(): FuzzRequest | undefined {
    return this.#before
  }

  /**
   * The answer to a request.
   *
   * @throws NoAnswerInTime after 5 s
   * @throws ClosedWithoutAnswer
   */
  async send(request: FuzzRequest): Promise<RawAnswer> {
    if (this.#connection?.isClosed) await this.#close()
    this.#connection ??= await RawConnection.open(this.#baseUrl)
    const connection = this.#connection
    this.#before = this.#sent
    this.#sent = request
    let keep = false
    try {
      connection.send(toBytes(request))
      if (hangsUp(request)) connection.endSending()
      const toHead = request.method === 'HEAD'
      let answer = await connection.answer({ toHead })
      while (answer.status < 200) answer = await connection.answer({ toHead })
      const ends = answer.headers.get('connection') === 'keep-alive' && !isStream(answer)
      keep = ends && !spoilsConnection(request)
      return answer
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

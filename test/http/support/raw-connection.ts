import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type RawResponse, RawResponseReader } from './raw-response.ts'

/** The server neither responded nor closed the connection. */
class ResponseTimeout extends Error {
  override readonly name = 'ResponseTimeout'
}

/** The server closed the connection without a (further) response. */
export class ClosedWithoutResponse extends Error {
  override readonly name = 'ClosedWithoutResponse'
}

/**
 * One TCP connection to a registry, on which a test can send any bytes. Client libraries refuse to
 * send most of what an attacker or a broken client sends.
 */
export class RawConnection implements AsyncDisposable {
  readonly #socket: Socket
  readonly #reader = new RawResponseReader()
  readonly #closed: Promise<unknown>
  #wake: (() => void) | undefined
  #isClosed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
      this.#wake?.()
    })
    // A reset closes the connection too, and responses received before it still count.
    socket.on('error', () => undefined)
    socket.on('end', () => this.#end())
    socket.on('close', () => this.#end())
    this.#closed = once(socket, 'close').catch(() => undefined)
  }

  /** Connects to the host and port of a URL such as `http://127.0.0.1:9000`. */
  static async open(baseUrl: string): Promise<RawConnection> {
    const { hostname, port } = new URL(baseUrl)
    const socket = connect({ host: hostname, port: Number(port || 80), allowHalfOpen: true })
    socket.setNoDelay(true)
    const connection = new RawConnection(socket)
    await once(socket, 'connect')
    return connection
  }

  /** Whether no further response can arrive. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  send(data: string | Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(data)
  }

  /** Closes the sending side only. */
  endSending(): void {
    this.#socket.end()
  }

  /**
   * Reads the next response, including interim ones (1xx).
   *
   * @throws ResponseTimeout after `timeoutMs`, by default 5000
   * @throws ClosedWithoutResponse
   */
  async answer(options: { toHead?: boolean; timeoutMs?: number } = {}): Promise<RawResponse> {
    const { toHead = false, timeoutMs = 5000 } = options
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const response = this.#reader.take(toHead)
      if (response) return response
      if (this.#isClosed) throw new ClosedWithoutResponse('closed without a response')
      const left = deadline - performance.now()
      if (left <= 0) throw new ResponseTimeout(`no response in ${timeoutMs} ms`)
      await this.#waitForData(left)
    }
  }

  /** Resolves once the other side has closed the connection. */
  async whenClosed(): Promise<void> {
    await this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy()
    await this.#closed
  }

  #end(): void {
    this.#isClosed = true
    this.#reader.end()
    this.#wake?.()
    this.#socket.end()
  }

  #waitForData(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }
}

/** Opens a connection for one request and returns its response. */
export async function rawExchange(
  baseUrl: string,
  request: string | Uint8Array,
  options: { toHead?: boolean; timeoutMs?: number } = {},
): Promise<RawResponse> {
  await using connection = await RawConnection.open(baseUrl)
  connection.send(request)
  return await connection.answer(options)
}

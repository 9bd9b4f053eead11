import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type RawAnswer, RawAnswerReader } from './raw-response.ts'

/** The server neither answered nor closed the connection. */
class NoAnswerInTime extends Error {
  override readonly name = 'NoAnswerInTime'
}

/** The server closed the connection without a (further) answer. */
export class ClosedWithoutAnswer extends Error {
  override readonly name = 'ClosedWithoutAnswer'
}

/**
 * One TCP connection to a registry, on which a test writes any bytes it likes. Client libraries
 * refuse to send most of what an attacker or a broken client sends.
 */
export class RawConnection implements AsyncDisposable {
  readonly #socket: Socket
  readonly #reader = new RawAnswerReader()
  readonly #closed: Promise<unknown>
  #wake: (() => void) | undefined
  #isClosed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
      this.#wake?.()
    })
    // A reset is a way of closing, and what was answered before it still counts.
    socket.on('error', () => undefined)
    socket.on('end', () => this.#end())
    socket.on('close', () => this.#end())
    this.#closed = once(socket, 'close').catch(() => undefined)
  }

  /** Connects to the host and port of an address such as `http://127.0.0.1:9000`. */
  static async open(baseUrl: string): Promise<RawConnection> {
    const { hostname, port } = new URL(baseUrl)
    const socket = connect({ host: hostname, port: Number(port || 80), allowHalfOpen: true })
    socket.setNoDelay(true)
    const connection = new RawConnection(socket)
    await once(socket, 'connect')
    return connection
  }

  /** No further answer can come. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  send(data: string | Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(data)
  }

  /** Sends no more, and still reads. */
  endSending(): void {
    this.#socket.end()
  }

  /**
   * The next answer, interim ones (1xx) included.
   *
   * @throws NoAnswerInTime after `timeoutMs`, by default 5000
   * @throws ClosedWithoutAnswer
   */
  async answer(options: { toHead?: boolean; timeoutMs?: number } = {}): Promise<RawAnswer> {
    const { toHead = false, timeoutMs = 5000 } = options
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const answer = this.#reader.take(toHead)
      if (answer) return answer
      if (this.#isClosed) throw new ClosedWithoutAnswer('closed without an answer')
      const left = deadline - performance.now()
      if (left <= 0) throw new NoAnswerInTime(`no answer in ${timeoutMs} ms`)
      await this.#news(left)
    }
  }

  /** Resolves when the other side has closed the connection. */
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

  #news(withinMs: number): Promise<void> {
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

/** Opens a connection for one request and gives its answer. */
export async function rawExchange(
  baseUrl: string,
  request: string | Uint8Array,
  options: { toHead?: boolean; timeoutMs?: number } = {},
): Promise<RawAnswer> {
  await using connection = await RawConnection.open(baseUrl)
  connection.send(request)
  return await connection.answer(options)
}

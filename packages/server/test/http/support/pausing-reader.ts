import { connect, type Socket } from 'node:net'
import {
  type ServerSentEvent,
  ServerSentEventParser,
} from '../../../../../test/http/support/server-sent-events.ts'

/**
 * A reader of a stream that can stop reading from its socket: the buffers of the system fill up, and
 * then those of the server. Client libraries would keep reading.
 */
export class PausingReader implements Disposable {
  /** The received events, in order. */
  readonly events: ServerSentEvent[] = []
  /** Resolves when the server has ended the stream or closed the connection. */
  readonly ended: Promise<void>
  readonly #socket: Socket
  readonly #parser = new ServerSentEventParser()
  #bytes: Buffer = Buffer.alloc(0)
  readonly #end: () => void
  #hasReadHead = false

  constructor(baseUrl: string, query: string, headers: Readonly<Record<string, string>> = {}) {
    this.#socket = connect(Number(new URL(baseUrl).port), '127.0.0.1')
    this.#socket.on('error', () => undefined)
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#end = resolve
    this.#socket.on('close', resolve)
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    this.#socket.write(
      `GET /events?${query} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n${lines.join('')}\r\n`,
    )
  }

  /** The parsed data of the last event; undefined if there is none. */
  get last(): { type: string; revision: number; reason?: string } | undefined {
    const data = this.events.at(-1)?.data
    return data === undefined ? undefined : JSON.parse(data)
  }

  types(): Set<string> {
    return new Set(this.events.map(({ type }) => type))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Disconnects abruptly. */
  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    if (!this.#hasReadHead) {
      const end = this.#bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#hasReadHead = true
      this.#bytes = this.#bytes.subarray(end + 4)
    }
    for (;;) {
      const lineEnd = this.#bytes.indexOf('\r\n')
      if (lineEnd < 0) return
      const size = Number.parseInt(this.#bytes.toString('latin1', 0, lineEnd), 16)
      const from = lineEnd + 2
      if (this.#bytes.length < from + size + 2) return
      if (size === 0) this.#end()
      this.events.push(...this.#parser.push(this.#bytes.subarray(from, from + size)))
      this.#bytes = this.#bytes.subarray(from + size + 2)
    }
  }
}

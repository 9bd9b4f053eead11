import { connect, type Socket } from 'node:net'

const STATUS_LINE = Buffer.from('HTTP/1.1 ')
const STATUS_BYTES = STATUS_LINE.length + 3

/** Receives the outcome of a request. */
type Done = (status: number) => void

/** A connection that sends prepared requests, and reads nothing of a response but its status. */
export class LoadConnection {
  readonly #socket: Socket
  readonly #waiting: Done[] = []
  #tail: Buffer = Buffer.alloc(0)

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#socket = connect(Number(port), hostname).setNoDelay(true)
    this.#socket.on('data', (bytes: Buffer) => this.#read(bytes))
  }

  send(bytes: Buffer, done: Done): void {
    this.#waiting.push(done)
    this.#socket.write(bytes)
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    const text = this.#tail.length === 0 ? bytes : Buffer.concat([this.#tail, bytes])
    let end = 0
    for (;;) {
      const at = text.indexOf(STATUS_LINE, end)
      if (at === -1 || at + STATUS_BYTES > text.length) break
      end = at + STATUS_BYTES
      this.#waiting.shift()?.(Number(text.toString('latin1', at + STATUS_LINE.length, end)))
    }
    // It may hold the beginning of a status line.
    this.#tail = text.subarray(Math.max(end, text.length - STATUS_BYTES + 1))
  }
}

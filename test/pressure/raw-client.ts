import { connect, type Socket } from 'node:net'

const STATUS_LINE = Buffer.from('HTTP/1.1 ')

/** The bytes of a request. */
export function requestBytes(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { body, headers = [] }: { body?: string; headers?: readonly string[] } = {},
): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'host: registry',
    ...headers,
    ...(body === undefined ? [] : ['content-type: application/json']),
    ...(method === 'GET' ? [] : [`content-length: ${Buffer.byteLength(body ?? '')}`]),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`)
}

/**
 * A client as cheap as can be: it writes bytes that were made before, and throws away what comes back
 * after it has counted the answers. What breaks, breaks silently: that is what an attacker expects.
 */
export class RawConnection {
  readonly socket: Socket
  /** Resolves when it is connected, or when that has failed. */
  readonly opened: Promise<void>
  #answers = 0
  #tail = Buffer.alloc(0)
  #whenAnswered: (() => void) | undefined
  isClosed = false

  /**
   * @param url of which only host and port matter
   * @param signal closes it when it is aborted
   */
  constructor(url: string, signal?: AbortSignal) {
    const { hostname, port } = new URL(url)
    this.socket = connect(Number(port), hostname)
    this.socket.on('error', () => undefined)
    const close = () => this.close()
    signal?.addEventListener('abort', close, { once: true })
    this.opened = new Promise((resolve) => {
      this.socket.once('connect', resolve)
      this.socket.once('close', () => {
        this.isClosed = true
        signal?.removeEventListener('abort', close)
        resolve()
        this.#whenAnswered?.()
      })
    })
  }

  /** Answers that have begun to arrive. */
  get answers(): number {
    return this.#answers
  }

  /** Reads and counts from now on. */
  read(): this {
    this.socket.on('data', (bytes: Buffer) => {
      const text = Buffer.concat([this.#tail, bytes])
      let found = 0
      for (let at = text.indexOf(STATUS_LINE); at >= 0; at = text.indexOf(STATUS_LINE, at + 1)) {
        found++
      }
      // What may be the begin of a status line, and never a whole one.
      this.#tail = text.subarray(Math.max(0, text.length - STATUS_LINE.length + 1))
      if (found === 0) return
      this.#answers += found
      this.#whenAnswered?.()
    })
    return this
  }

  /** Writes requests, and resolves when as many answers have begun, or when it is closed. */
  async ask(bytes: Buffer, count = 1): Promise<void> {
    this.socket.write(bytes)
    await this.answered(this.#answers + count)
  }

  /** Resolves when as many answers have begun in all, or when it is closed. */
  async answered(count: number): Promise<void> {
    while (this.#answers < count && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.#whenAnswered = resolve
      })
    }
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Opens connections, some at a time, so that none is refused because of the others. */
export async function openConnections(
  url: string,
  count: number,
  signal: AbortSignal,
): Promise<RawConnection[]> {
  const all: RawConnection[] = []
  while (all.length < count) {
    const group = Array.from({ length: Math.min(100, count - all.length) }, () => {
      return new RawConnection(url, signal)
    })
    all.push(...group)
    await Promise.all(group.map(({ opened }) => opened))
  }
  return all
}

/** Opens streams that are read, each on a connection; resolves when all of them have begun. */
export async function openStreams(
  url: string,
  { count, path, signal }: { count: number; path: (index: number) => string; signal: AbortSignal },
): Promise<RawConnection[]> {
  const streams = await openConnections(url, count, signal)
  for (const [index, stream] of streams.entries()) {
    const headers = ['accept: text/event-stream']
    stream.read().socket.write(requestBytes('GET', path(index), { headers }))
  }
  await Promise.all(streams.map((stream) => stream.answered(1)))
  return streams
}

/** Sends the same request over and over, the next one when an answer has begun. Gives how many had. */
export async function keepAsking(url: string, bytes: Buffer, signal: AbortSignal): Promise<number> {
  let answers = 0
  while (!signal.aborted) {
    const connection = new RawConnection(url, signal).read()
    await connection.opened
    while (!connection.isClosed) await connection.ask(bytes)
    answers += connection.answers
  }
  return answers
}

const CONNECTIONS = 16
const REQUESTS_AT_ONCE = 64

/** Sends many requests as fast as they are answered, pipelined. Gives how many were not answered. */
export async function sendAll(
  url: string,
  count: number,
  request: (index: number) => Buffer,
  signal?: AbortSignal,
): Promise<number> {
  let next = 0
  let answers = 0
  const send = async () => {
    const connection = new RawConnection(url, signal).read()
    await connection.opened
    while (next < count && !connection.isClosed) {
      const first = next
      next = Math.min(count, next + REQUESTS_AT_ONCE)
      const requests = Array.from({ length: next - first }, (_, i) => request(first + i))
      await connection.ask(Buffer.concat(requests), requests.length)
    }
    answers += connection.answers
    connection.close()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, send))
  return count - answers
}

import { connect, type Socket } from 'node:net'

const STATUS_LINE = Buffer.from('HTTP/1.1 ')
/** Bytes of a status line up to its status. */
const HEAD_BYTES = STATUS_LINE.length + 3

/** Encodes a request. */
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
 * A minimal client: it writes prepared bytes, counts the responses and discards them. It ignores
 * connection errors, which an attacker expects.
 */
export class AttackConnection {
  readonly socket: Socket
  /** Resolves once it is connected, or the attempt has failed. */
  readonly opened: Promise<void>
  #responses = 0
  #refused = 0
  #tail = Buffer.alloc(0)
  #onResponse: (() => void) | undefined
  isClosed = false

  /**
   * @param url only its host and port are used
   * @param signal closes the connection when aborted
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
        this.#onResponse?.()
      })
    })
  }

  /** Responses that have begun to arrive. */
  get responses(): number {
    return this.#responses
  }

  /** Those of them with status 429 or 503. */
  get refused(): number {
    return this.#refused
  }

  /** Starts reading and counting. */
  read(): this {
    this.socket.on('data', (bytes: Buffer) => {
      const text = Buffer.concat([this.#tail, bytes])
      const before = this.#responses
      for (let at = text.indexOf(STATUS_LINE); at >= 0; at = text.indexOf(STATUS_LINE, at + 1)) {
        if (at + HEAD_BYTES <= text.length)
          this.#count(text.toString('latin1', at + STATUS_LINE.length, at + HEAD_BYTES))
      }
      // Possibly the start of a status line, but never a complete one.
      this.#tail = text.subarray(Math.max(0, text.length - HEAD_BYTES + 1))
      if (this.#responses > before) this.#onResponse?.()
    })
    return this
  }

  #count(status: string): void {
    this.#responses++
    if (status === '429' || status === '503') this.#refused++
  }

  /** Writes requests. Resolves once as many responses have begun, or the connection is closed. */
  async request(bytes: Buffer, count = 1): Promise<void> {
    this.socket.write(bytes)
    await this.waitForResponses(this.#responses + count)
  }

  /** Resolves once as many responses have begun in total, or the connection is closed. */
  async waitForResponses(count: number): Promise<void> {
    while (this.#responses < count && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.#onResponse = resolve
      })
    }
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Opens connections, a few at a time, so that none is rejected because of the others. */
export async function openConnections(
  url: string,
  count: number,
  signal: AbortSignal,
): Promise<AttackConnection[]> {
  const all: AttackConnection[] = []
  while (all.length < count) {
    const group = Array.from({ length: Math.min(100, count - all.length) }, () => {
      return new AttackConnection(url, signal)
    })
    all.push(...group)
    await Promise.all(group.map(({ opened }) => opened))
  }
  return all
}

/** Opens streams that are read, each on a connection; resolves once all have begun. */
export async function openStreams(
  url: string,
  { count, path, signal }: { count: number; path: (index: number) => string; signal: AbortSignal },
): Promise<AttackConnection[]> {
  const streams = await openConnections(url, count, signal)
  for (const [index, stream] of streams.entries()) {
    const headers = ['accept: text/event-stream']
    stream.read().socket.write(requestBytes('GET', path(index), { headers }))
  }
  await Promise.all(streams.map((stream) => stream.waitForResponses(1)))
  return streams
}

/**
 * Sends the same request repeatedly, the next one when a response has begun. Returns the number of
 * responses.
 */
export async function repeatRequest(
  url: string,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<number> {
  let responses = 0
  while (!signal.aborted) {
    const connection = new AttackConnection(url, signal).read()
    await connection.opened
    while (!connection.isClosed) await connection.request(bytes)
    responses += connection.responses
  }
  return responses
}

const CONNECTIONS = 16
const PIPELINED = 64

/** Sends many requests at full speed, pipelined. Returns how many got no response. */
export async function sendAll(
  url: string,
  count: number,
  request: (index: number) => Buffer,
  signal?: AbortSignal,
): Promise<number> {
  let next = 0
  let responses = 0
  const send = async () => {
    const connection = new AttackConnection(url, signal).read()
    await connection.opened
    while (next < count && !connection.isClosed) {
      const first = next
      next = Math.min(count, next + PIPELINED)
      const requests = Array.from({ length: next - first }, (_, i) => request(first + i))
      await connection.request(Buffer.concat(requests), requests.length)
    }
    responses += connection.responses
    connection.close()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, send))
  return count - responses
}

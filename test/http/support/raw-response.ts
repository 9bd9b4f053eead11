/** An HTTP response as received, before any client library normalizes it. */
export interface RawResponse {
  readonly statusLine: string
  readonly status: number
  /** Exactly as sent, in order. */
  readonly headerLines: readonly string[]
  /** By lower-case name; the values of a repeated header are joined by `, `. */
  readonly headers: ReadonlyMap<string, string>
  /**
   * Without the framing of `Transfer-Encoding: chunked`. For a stream of events, which has no end,
   * everything up to `synced`.
   */
  readonly body: Buffer
}

/** Whether the response continues for as long as the connection is open. */
export function isStream({ headers }: Pick<RawResponse, 'headers'>): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') ?? false
}

/** A stream contains an invalid line. */
class BrokenStream extends Error {
  override readonly name = 'BrokenStream'
}

const END_OF_HEAD = '\r\n\r\n'

/** Splits the bytes of a connection into responses. */
export class RawResponseReader {
  #bytes: Buffer = Buffer.alloc(0)
  #ended = false

  push(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
  }

  /** Marks the end of input: a body without a length ends here. */
  end(): void {
    this.#ended = true
  }

  /**
   * Returns the next response; undefined while it is incomplete.
   *
   * @param toHead whether the request was HEAD: its response has the headers of a body, but no body
   */
  take(toHead = false): RawResponse | undefined {
    const headEnd = this.#bytes.indexOf(END_OF_HEAD)
    if (headEnd < 0) return undefined
    const [statusLine = '', ...headerLines] = this.#bytes
      .toString('latin1', 0, headEnd)
      .split('\r\n')
    const headers = parseHeaders(headerLines)
    const status = Number(statusLine.split(' ')[1])
    const rest = this.#bytes.subarray(headEnd + END_OF_HEAD.length)
    const bodiless = toHead || status < 200 || status === 204 || status === 304
    const found = bodiless ? { body: rest.subarray(0, 0), size: 0 } : this.#takeBody(rest, headers)
    if (found === undefined) return undefined
    this.#bytes = rest.subarray(found.size)
    return { statusLine, status, headerLines, headers, body: found.body }
  }

  #takeBody(
    rest: Buffer,
    headers: ReadonlyMap<string, string>,
  ): { body: Buffer; size: number } | undefined {
    const isChunked = headers.get('transfer-encoding') === 'chunked'
    if (isStream({ headers })) return this.#takeStream(isChunked ? joinChunks(rest) : rest, rest)
    if (isChunked) return takeChunks(rest)
    const length = headers.get('content-length')
    if (length === undefined) return this.#ended ? { body: rest, size: rest.length } : undefined
    const size = Number(length)
    return rest.length < size ? undefined : { body: rest.subarray(0, size), size }
  }

  #takeStream(body: Buffer, rest: Buffer): { body: Buffer; size: number } | undefined {
    const isSettled = /^event: (synced|closing)\n.*\n\n/m.test(body.toString('utf8'))
    return isSettled || this.#ended ? { body, size: rest.length } : undefined
  }
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return headers
}

function takeChunks(bytes: Buffer): { body: Buffer; size: number } | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (bytes.length < next) return undefined
    if (size === 0) return { body: Buffer.concat(parts), size: next }
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}

/** Joins the chunks received so far, complete or not. */
function joinChunks(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return Buffer.concat(parts)
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (Number.isNaN(size)) throw new BrokenStream(bytes.toString('latin1', at, at + 80))
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
    if (size === 0 || at > bytes.length) return Buffer.concat(parts)
  }
}

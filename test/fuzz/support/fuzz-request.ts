export type HeaderLine = readonly [name: string, value: string]

/** A request as it is written to the wire, valid or invalid. */
export interface FuzzRequest {
  readonly method: string
  readonly target: string
  readonly version: 'HTTP/1.1' | 'HTTP/1.0' | 'HTTP/9.9' | ''
  /** Without the headers that frame the body. */
  readonly headers: readonly HeaderLine[]
  readonly body: Uint8Array | undefined
  /**
   * How the end of the body is marked: by its length, in chunks, with a length larger than what is
   * sent before the client disconnects, with two lengths, or with a length and in chunks.
   */
  readonly framing: 'length' | 'chunked' | 'cut' | 'two lengths' | 'both'
}

/**
 * Whether the server may misread what follows on the connection. After an upgrade request, which a
 * server without upgrades treats as any other, Node no longer reports malformed requests on the
 * same connection: they wait for the request timeout.
 */
export function corruptsConnection({ version, framing, body, headers }: FuzzRequest): boolean {
  const asksToUpgrade = headers.some(([name]) => name === 'Upgrade')
  return version !== 'HTTP/1.1' || asksToUpgrade || (body !== undefined && framing !== 'length')
}

/** Whether the client disconnects before its request is complete. */
export function disconnectsEarly({ framing, body }: FuzzRequest): boolean {
  return body !== undefined && framing === 'cut'
}

/** Encodes a request. Characters beyond Latin-1 in its head are sent as UTF-8. */
export function toBytes(request: FuzzRequest): Buffer {
  const { method, target, version, headers, body } = request
  const lines = [...headers, ...framingOf(request)].map(([name, value]) => `${name}: ${value}`)
  const head = `${[`${method} ${target} ${version}`.trimEnd(), ...lines].join('\r\n')}\r\n\r\n`
  if (body === undefined) return Buffer.from(head)
  return Buffer.concat([Buffer.from(head), ...inFrames(request, body)])
}

/** Formats a request as one line for reports. */
export function describeRequest(request: FuzzRequest): string {
  const text = toBytes(request).toString('latin1')
  const shown = text.length > 1500 ? `${text.slice(0, 1500)}… (${text.length} bytes)` : text
  return JSON.stringify(shown)
}

function framingOf({ body, framing }: FuzzRequest): HeaderLine[] {
  if (body === undefined) return []
  const length = ['Content-Length', `${body.length}`] as const
  const chunked = ['Transfer-Encoding', 'chunked'] as const
  switch (framing) {
    case 'length':
      return [length]
    case 'chunked':
      return [chunked]
    case 'cut':
      return [['Content-Length', `${body.length + 10}`]]
    case 'two lengths':
      return [length, ['Content-Length', `${body.length + 1}`]]
    case 'both':
      return [length, chunked]
  }
}

function inFrames({ framing }: FuzzRequest, body: Uint8Array): Uint8Array[] {
  if (framing !== 'chunked' && framing !== 'both') return [body]
  const end = Buffer.from('0\r\n\r\n')
  if (body.length === 0) return [end]
  return [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n'), end]
}

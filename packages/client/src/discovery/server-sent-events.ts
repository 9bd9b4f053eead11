/** A server-sent event. */
export interface ServerSentEvent {
  readonly type: string
  readonly data: string
  /** The last event id received so far. */
  readonly lastEventId: string
}

/**
 * Parses server-sent events from a response body as it arrives.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  /** Called for every chunk, including comments that only keep the stream alive. */
  onActivity: () => void,
): AsyncGenerator<ServerSentEvent, void> {
  let lastEventId = ''
  let type = ''
  let data: string[] = []
  for await (const line of readLines(body, onActivity)) {
    if (line === '') {
      if (data.length > 0) yield { type: type || 'message', data: data.join('\n'), lastEventId }
      type = ''
      data = []
      continue
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    else if (field === 'event') type = value
    else if (field === 'id' && !value.includes('\0')) lastEventId = value
  }
}

async function* readLines(body: ReadableStream<Uint8Array>, onActivity: () => void) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let endedWithCr = false
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      onActivity()
      let text = decoder.decode(value, { stream: true })
      // The LF of a CRLF whose CR ended the previous chunk.
      if (endedWithCr && text.startsWith('\n')) text = text.slice(1)
      if (text === '') continue
      endedWithCr = text.endsWith('\r')
      const lines = (rest + text).split(/\r\n|\n|\r/)
      rest = lines.pop() ?? ''
      yield* lines
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

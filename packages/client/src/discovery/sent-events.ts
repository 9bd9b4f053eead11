/** A server-sent event. */
export interface SentEvent {
  readonly type: string
  readonly data: string
  /** The id of the last event that had one. */
  readonly lastEventId: string
}

/**
 * Reads server-sent events from a body as it comes.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* sentEvents(
  body: ReadableStream<Uint8Array>,
  /** Told of whatever comes, also of comments that only keep the stream alive. */
  alive: () => void,
): AsyncGenerator<SentEvent, void> {
  let lastEventId = ''
  let type = ''
  let data: string[] = []
  for await (const line of linesOf(body, alive)) {
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

async function* linesOf(body: ReadableStream<Uint8Array>, alive: () => void) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let endedWithCr = false
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      alive()
      let text = decoder.decode(value, { stream: true })
      // The second half of a line end whose first half was the end of the last piece.
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

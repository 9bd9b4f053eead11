/** One event of a stream, as a browser would dispatch it. */
export interface ServerSentEvent {
  /** `message` unless the stream specifies it. */
  readonly type: string
  readonly data: string
  /** The last id of the stream: an event without an id repeats it. */
  readonly id: string
}

/**
 * Parses `text/event-stream` incrementally, as browsers do.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class ServerSentEventParser {
  readonly #decoder = new TextDecoder('utf-8')
  #text = ''
  #data: string[] = []
  #type = ''
  #id = ''
  #retryMs: number | undefined

  /** Reconnection time in milliseconds; undefined if the server sent none. */
  get retryMs(): number | undefined {
    return this.#retryMs
  }

  /** Adds bytes; returns the events that they complete. */
  push(bytes: Uint8Array): ServerSentEvent[] {
    this.#text += this.#decoder.decode(bytes, { stream: true })
    const events: ServerSentEvent[] = []
    for (;;) {
      const end = /\r\n|\n|\r/.exec(this.#text)
      // A trailing carriage return may be the first half of a line break.
      if (!end || (end[0] === '\r' && end.index === this.#text.length - 1)) return events
      const line = this.#text.slice(0, end.index)
      this.#text = this.#text.slice(end.index + end[0].length)
      const event = this.#takeLine(line)
      if (event) events.push(event)
    }
  }

  #takeLine(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#type = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^\d+$/.test(value)) this.#retryMs = Number(value)
    return undefined
  }

  #dispatch(): ServerSentEvent | undefined {
    const data = this.#data.join('\n')
    const type = this.#type || 'message'
    this.#data = []
    this.#type = ''
    return data === '' ? undefined : { type, data, id: this.#id }
  }
}

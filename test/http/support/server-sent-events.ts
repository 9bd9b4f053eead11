/** One event of a stream, as a browser would dispatch it. */
export interface ServerSentEvent {
  /** `message` when the stream does not say. */
  readonly type: string
  readonly data: string
  /** The last id that the stream told: an event without one of its own repeats it. */
  readonly id: string
}

/**
 * Reads `text/event-stream` as browsers do, part by part.
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

  /** Milliseconds after which the server wants a lost client back; undefined: it did not say. */
  get retryMs(): number | undefined {
    return this.#retryMs
  }

  /** Takes the next bytes; gives the events that they complete. */
  push(bytes: Uint8Array): ServerSentEvent[] {
    this.#text += this.#decoder.decode(bytes, { stream: true })
    const events: ServerSentEvent[] = []
    for (;;) {
      const end = /\r\n|\n|\r/.exec(this.#text)
      // A carriage return at the very end may be the first half of a line end.
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

import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { AgentEvent, SnapshotEvent, StreamEvent } from '@rollcall/protocol'
import { isConnectionLost } from './http-client.ts'

/** A server-sent event with its id. */
export interface ReceivedEvent {
  readonly id: string
  readonly event: AgentEvent | SnapshotEvent | StreamEvent
}

/** How a connection ended, and whether an event was incomplete. */
export interface StreamEnd {
  /** The reader cut it, the server ended it, or it broke. */
  readonly how: 'cut' | 'ended' | 'lost'
  readonly insideEvent: boolean
}

/**
 * One connection to `GET /events`, read byte by byte: it can be cut anywhere, also within an event,
 * which is then discarded.
 */
export class FeedStream {
  /**
   * Resolves when the stream ends; rejects if the listener threw or the response is not a stream.
   */
  readonly end: Promise<StreamEnd>
  readonly #decoder = new TextDecoder()
  readonly #listener: (received: ReceivedEvent) => void
  readonly #request: ClientRequest
  readonly #settle: PromiseWithResolvers<StreamEnd>
  #response: IncomingMessage | undefined
  #text = ''
  #bytesLeft: number
  #over = false

  /**
   * @param options.byteLimit bytes after which the reader cuts the stream
   * @param listener called with every complete event
   */
  constructor(
    options: { url: string; lastEventId?: string | undefined; byteLimit: number },
    listener: (received: ReceivedEvent) => void,
  ) {
    this.#listener = listener
    this.#bytesLeft = options.byteLimit
    this.#settle = Promise.withResolvers()
    this.end = this.#settle.promise
    const { lastEventId } = options
    this.#request = request(options.url, {
      // A separate connection: closing the stream closes the connection.
      agent: false,
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
    })
    this.#request.once('response', (response) => this.#read(response))
    this.#request.on('error', (error) => this.#break(error))
    this.#request.end()
  }

  /** Closes the stream now. */
  cut(): void {
    this.#finish('cut')
  }

  /** Disables the byte limit. */
  keep(): void {
    this.#bytesLeft = Number.POSITIVE_INFINITY
  }

  /** Stops reading until {@link resume}. */
  pause(): void {
    this.#response?.pause()
  }

  resume(): void {
    this.#response?.resume()
  }

  #read(response: IncomingMessage): void {
    this.#response = response
    if (response.statusCode !== 200) {
      this.#fail(new Error(`GET ${this.#request.path} returned ${response.statusCode}`))
      return
    }
    response.on('data', (chunk: Buffer) => this.#take(chunk))
    response.once('end', () => this.#finish('ended'))
    response.on('error', (error) => this.#break(error))
  }

  #take(chunk: Buffer): void {
    if (this.#over) return
    this.#text += this.#decoder.decode(chunk.subarray(0, this.#bytesLeft), { stream: true })
    this.#bytesLeft -= chunk.length
    const blocks = this.#text.split('\n\n')
    this.#text = blocks.pop() ?? ''
    try {
      for (const block of blocks) this.#dispatch(block)
    } catch (error) {
      this.#fail(error)
    }
    if (this.#bytesLeft <= 0) this.#finish('cut')
  }

  #dispatch(block: string): void {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const [name = '', ...value] = line.split(': ')
      fields.set(name, value.join(': '))
    }
    const data = fields.get('data')
    // A comment, or the reconnection time.
    if (data === undefined) return
    const event: ReceivedEvent['event'] = JSON.parse(data)
    if (fields.get('event') !== event.type) throw new Error(`type and data differ in ${block}`)
    this.#listener({ id: fields.get('id') ?? '', event })
  }

  #break(error: Error): void {
    if (isConnectionLost(error)) this.#finish('lost')
    else this.#fail(error)
  }

  #finish(how: StreamEnd['how']): void {
    this.#settle.resolve({ how, insideEvent: this.#text !== '' })
    this.#over = true
    this.#request.destroy()
  }

  #fail(error: unknown): void {
    this.#settle.reject(error)
    this.#over = true
    this.#request.destroy()
  }
}

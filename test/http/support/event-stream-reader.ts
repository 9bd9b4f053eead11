import type { Agent, AgentEvent, LoadsEvent, SnapshotEvent, StreamEvent } from '@rollcall/protocol'
import { expect } from 'vitest'
import { ServerSentEventParser } from './server-sent-events.ts'

/** An event of the change feed, and the id from which a stream could go on behind it. */
export type FeedMessage = (AgentEvent | SnapshotEvent | StreamEvent) & { readonly id: string }

/** One load of a `loads` event, when it arrived, and the id to come back with then. */
export interface LoadMessage {
  readonly agentId: string
  readonly load: number | null
  /** Of the monotonic clock. */
  readonly arrivedAt: number
  readonly id: string
}

/** The stream ended, or stayed silent, before what was waited for had come. */
class NoSuchEvent extends Error {
  override readonly name = 'NoSuchEvent'
}

/** A client that follows the change feed, and holds the agents that the rule of `listed` leaves. */
export class EventStreamReader implements AsyncDisposable {
  readonly response: Response
  /** The agents of events with `listed: true`, without those of the others. */
  readonly held = new Map<string, Agent>()
  /** Everything that came, whether it was waited for or not. */
  readonly received: FeedMessage[] = []
  /** The loads that came, which are none of the events above. */
  readonly loads: LoadMessage[] = []
  readonly #parser = new ServerSentEventParser()
  readonly #abort: AbortController
  readonly #pumped: Promise<void>
  #taken = 0
  #ended = false
  #end = 'ended by the registry'
  #wake: (() => void) | undefined

  private constructor(response: Response, abort: AbortController) {
    this.response = response
    this.#abort = abort
    this.#pumped = this.#pump()
  }

  /** Opens a stream; resolves when its head is there. */
  static async open(
    baseUrl: string,
    query = '',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventStreamReader> {
    const abort = new AbortController()
    const response = await fetch(`${baseUrl}/events${query && `?${query}`}`, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: abort.signal,
    })
    expect(response.status).toBe(200)
    return new EventStreamReader(response, abort)
  }

  /** The registry has ended the stream. */
  get isEnded(): boolean {
    return this.#ended
  }

  get retryMs(): number | undefined {
    return this.#parser.retryMs
  }

  /** The next event that was not taken yet. */
  async next(timeoutMs = 5000): Promise<FeedMessage> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const message = this.received[this.#taken]
      if (message) {
        this.#taken++
        return message
      }
      if (this.#ended) throw new NoSuchEvent(`${this.#end}; ${this.#story()}`)
      const left = deadline - performance.now()
      if (left <= 0) throw new NoSuchEvent(`nothing came in ${timeoutMs} ms; ${this.#story()}`)
      await this.#news(left)
    }
  }

  /** The events up to the first of a type, or about an agent, that one included. */
  async until(wanted: { type?: string; agentId?: string }): Promise<FeedMessage[]> {
    const messages: FeedMessage[] = []
    for (;;) {
      const message = await this.next()
      messages.push(message)
      const isOfType = wanted.type === undefined || message.type === wanted.type
      const isOfAgent =
        wanted.agentId === undefined ||
        ('agent_id' in message && message.agent_id === wanted.agentId)
      if (isOfType && isOfAgent) return messages
    }
  }

  /** The events up to `synced`, that one included. */
  untilSynced(): Promise<FeedMessage[]> {
    return this.until({ type: 'synced' })
  }

  /** Resolves when the registry has ended the stream, or cut it off. */
  async whenEnded(): Promise<void> {
    await this.#pumped
  }

  /** Hangs up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await this.#pumped
  }

  async #pump(): Promise<void> {
    try {
      for await (const bytes of this.response.body ?? []) {
        for (const { id, type, data } of this.#parser.push(bytes)) this.#take(id, type, data)
        this.#wake?.()
      }
    } catch (error) {
      // Hung up, by either side: what came before still counts.
      this.#end = String(error)
    }
    this.#ended = true
    this.#wake?.()
  }

  #take(id: string, type: string, data: string): void {
    const event = JSON.parse(data) as AgentEvent | SnapshotEvent | StreamEvent | LoadsEvent
    if (event.type !== type) throw new Error(`an event of type ${type} says ${event.type}`)
    if (event.type === 'loads') {
      this.#takeLoads(event, id)
      return
    }
    if (event.type === 'reset') this.held.clear()
    if ('agent' in event) {
      if (event.listed) this.held.set(event.agent_id, event.agent)
      else this.held.delete(event.agent_id)
    }
    this.received.push({ ...event, id })
  }

  #takeLoads({ loads }: LoadsEvent, id: string): void {
    const arrivedAt = performance.now()
    for (const { agent_id: agentId, load } of loads) {
      this.loads.push({ agentId, load, arrivedAt, id })
      const agent = this.held.get(agentId)
      if (agent) this.held.set(agentId, { ...agent, load })
    }
  }

  #story(): string {
    const last = this.received.slice(-5).map(({ type, id }) => `${type} ${id}`)
    return `${this.received.length} events came, the last: ${last.join(', ')}`
  }

  #news(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }
}

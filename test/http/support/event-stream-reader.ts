import type { Agent, AgentEvent, LoadsEvent, SnapshotEvent, StreamEvent } from '@rollcall/protocol'
import { expect } from 'vitest'
import { ServerSentEventParser } from './server-sent-events.ts'

/** An event of the change feed, and the id from which a stream can resume after it. */
export type FeedMessage = (AgentEvent | SnapshotEvent | StreamEvent) & { readonly id: string }

/** One load of a `loads` event, when it arrived, and the id to resume with at that time. */
export interface LoadMessage {
  readonly agentId: string
  readonly load: number | null
  /** Time on the monotonic clock. */
  readonly arrivedAt: number
  readonly id: string
}

/** The stream ended or timed out before the expected event. */
class EventNotReceived extends Error {
  override readonly name = 'EventNotReceived'
}

/** A client that follows the change feed, and applies the rule of `listed` to its agents. */
export class EventStreamReader implements AsyncDisposable {
  readonly response: Response
  /** Agents whose last event had `listed: true`. */
  readonly held = new Map<string, Agent>()
  /** Every event received, awaited or not. */
  readonly received: FeedMessage[] = []
  /** Loads received, which are not events. */
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

  /** Opens a stream; resolves once its headers have arrived. */
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

  /** Whether the registry has ended the stream. */
  get isEnded(): boolean {
    return this.#ended
  }

  get retryMs(): number | undefined {
    return this.#parser.retryMs
  }

  /** Returns the next event. */
  async next(timeoutMs = 5000): Promise<FeedMessage> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const message = this.received[this.#taken]
      if (message) {
        this.#taken++
        return message
      }
      if (this.#ended) throw new EventNotReceived(`${this.#end}; ${this.#summary()}`)
      const left = deadline - performance.now()
      if (left <= 0)
        throw new EventNotReceived(`nothing received in ${timeoutMs} ms; ${this.#summary()}`)
      await this.#waitForData(left)
    }
  }

  /** Returns the events up to and including the first of a type, or of an agent. */
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

  /** Returns the events up to and including `synced`. */
  untilSynced(): Promise<FeedMessage[]> {
    return this.until({ type: 'synced' })
  }

  /** Resolves once the registry has ended the stream, or the connection broke. */
  async whenEnded(): Promise<void> {
    await this.#pumped
  }

  /** Disconnects. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await this.#pumped
  }

  async #pump(): Promise<void> {
    try {
      for await (const bytes of this.response.body ?? []) {
        for (const { id, type, data } of this.#parser.push(bytes)) this.#receive(id, type, data)
        this.#wake?.()
      }
    } catch (error) {
      // Disconnected by either side: events received before still count.
      this.#end = String(error)
    }
    this.#ended = true
    this.#wake?.()
  }

  #receive(id: string, type: string, data: string): void {
    const event = JSON.parse(data) as AgentEvent | SnapshotEvent | StreamEvent | LoadsEvent
    if (event.type !== type) throw new Error(`an event of type ${type} says ${event.type}`)
    if (event.type === 'loads') {
      this.#receiveLoads(event, id)
      return
    }
    if (event.type === 'reset') this.held.clear()
    if ('agent' in event) {
      if (event.listed) this.held.set(event.agent_id, event.agent)
      else this.held.delete(event.agent_id)
    }
    this.received.push({ ...event, id })
  }

  #receiveLoads({ loads }: LoadsEvent, id: string): void {
    const arrivedAt = performance.now()
    for (const { agent_id: agentId, load } of loads) {
      this.loads.push({ agentId, load, arrivedAt, id })
      const agent = this.held.get(agentId)
      if (agent) this.held.set(agentId, { ...agent, load })
    }
  }

  #summary(): string {
    const last = this.received.slice(-5).map(({ type, id }) => `${type} ${id}`)
    return `${this.received.length} events received, the last:  ${last.join(', ')}`
  }

  #waitForData(withinMs: number): Promise<void> {
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

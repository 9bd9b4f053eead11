import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent } from '@rollcall/protocol'
import { FeedStream, type ReceivedEvent } from '../../e2e/support/feed-stream.ts'
import { ResponseCounts } from './response-counts.ts'

/** Milliseconds between the end of a stream and the next connection. */
const RETRY_MS = 100

/** Follows the whole feed of one node and resumes it when the stream ends. */
export class FeedFollower {
  /** All events, in the order of delivery. */
  readonly events: AgentEvent[] = []
  readonly counts = new ResponseCounts()
  /** The first revision to follow. */
  readonly first: number
  readonly #url: string
  readonly #following: Promise<void>
  #stream: FeedStream | undefined
  #lastId: string | undefined
  #running = true
  #ends: string[] = []
  #waiting: (() => void)[] = []

  /** @param since revision after which to follow the feed */
  constructor(nodeUrl: string, since: number) {
    this.#url = nodeUrl
    this.first = since + 1
    this.#following = this.#follow(since)
  }

  /** Why streams ended or could not be opened; empty if they never did. */
  get ends(): readonly string[] {
    return this.#ends
  }

  /** Revision of the last event. */
  get revision(): number {
    return this.first + this.events.length - 1
  }

  /**
   * Resolves once a revision was received.
   *
   * @throws Error after `withinMs`
   */
  async reached(revision: number, withinMs = 30_000): Promise<void> {
    const deadline = performance.now() + withinMs
    while (this.revision < revision) {
      const left = deadline - performance.now()
      if (left <= 0) {
        const seen = JSON.stringify([...this.#ends, ...this.counts.failures.slice(0, 3)])
        throw new Error(`received events up to ${this.revision}, not ${revision}: ${seen}`)
      }
      await Promise.race([sleep(left), new Promise<void>((resolve) => this.#waiting.push(resolve))])
    }
  }

  async stop(): Promise<void> {
    this.#running = false
    this.#stream?.cut()
    await this.#following
  }

  async #follow(since: number): Promise<void> {
    while (this.#running) {
      const url = `${this.#url}/events?since=${since}`
      const options = { url, lastEventId: this.#lastId, byteLimit: Number.POSITIVE_INFINITY }
      this.#stream = new FeedStream(options, (received) => this.#receive(received))
      try {
        const { how } = await this.#stream.end
        if (this.#running) this.#ends.push(how)
      } catch (error) {
        this.#ends.push(String(error))
        if (!/returned 503/.test(String(error))) this.counts.addFailure(String(error))
      }
      await sleep(RETRY_MS)
    }
  }

  #receive({ id, event }: ReceivedEvent): void {
    this.#lastId = id
    if (event.type === 'closing' || event.type === 'reset') {
      this.#ends.push(`${event.type}: ${event.reason}`)
    }
    if (!('agent_id' in event) || event.type === 'snapshot') return
    const expected = this.revision + 1
    if (event.revision !== expected) {
      this.counts.addFailure(`${event.revision} received instead of ${expected}`)
      return
    }
    this.events.push(event)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

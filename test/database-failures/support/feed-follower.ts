import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent } from '@rollcall/protocol'
import { FeedStream, type Told } from '../../e2e/support/feed-stream.ts'
import { AnswerTally } from './response-counts.ts'

/** Milliseconds until it comes back after its stream has ended. */
const RETRY_MS = 100

/** Follows the whole feed of one node, and comes back to where it was when its stream ends. */
export class FeedFollower {
  /** Everything that happened, in the order in which it was told. */
  readonly events: AgentEvent[] = []
  readonly tally = new AnswerTally()
  /** The first revision that it wants to know of. */
  readonly first: number
  readonly #url: string
  readonly #following: Promise<void>
  #stream: FeedStream | undefined
  #lastId: string | undefined
  #running = true
  #ends: string[] = []
  #heard: (() => void)[] = []

  /** @param since revision from which on it wants to know everything */
  constructor(nodeUrl: string, since: number) {
    this.#url = nodeUrl
    this.first = since + 1
    this.#following = this.#follow(since)
  }

  /** Why its streams ended, those included that it could not open; none is best. */
  get ends(): readonly string[] {
    return this.#ends
  }

  /** Of the last event. */
  get revision(): number {
    return this.first + this.events.length - 1
  }

  /** Resolves when it has heard of a revision; throws when that takes too long. */
  async heardOf(revision: number, withinMs = 5000): Promise<void> {
    const deadline = performance.now() + withinMs
    while (this.revision < revision) {
      const left = deadline - performance.now()
      if (left <= 0) throw new Error(`it has heard up to ${this.revision}, not of ${revision}`)
      await Promise.race([sleep(left), new Promise<void>((heard) => this.#heard.push(heard))])
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
      this.#stream = new FeedStream(options, (told) => this.#take(told))
      try {
        const { how } = await this.#stream.end
        if (this.#running) this.#ends.push(how)
      } catch (error) {
        this.#ends.push(String(error))
        if (!/answered with 503/.test(String(error))) this.tally.fault(String(error))
      }
      await sleep(RETRY_MS)
    }
  }

  #take({ id, event }: Told): void {
    this.#lastId = id
    if (event.type === 'closing' || event.type === 'reset') {
      this.#ends.push(`${event.type}: ${event.reason}`)
    }
    if (!('agent_id' in event) || event.type === 'snapshot') return
    const expected = this.revision + 1
    if (event.revision !== expected) {
      this.tally.fault(`${event.revision} came instead of ${expected}`)
      return
    }
    this.events.push(event)
    for (const heard of this.#heard.splice(0)) heard()
  }
}

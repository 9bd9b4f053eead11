import { setTimeout as sleep } from 'node:timers/promises'
import { FeedStream, type Told } from './feed-stream.ts'

/** Milliseconds until it connects again. */
const AWAY_MS = 50

/** Someone who follows every change and comes back, wherever the connection broke, with the last id. */
export class SteadyFollower implements AsyncDisposable {
  /** All events with a revision of their own, in the order in which they came. */
  readonly revisions: number[] = []
  /** Events after which everything that it knew would be void. */
  readonly restarts: string[] = []
  connections = 0
  readonly #url: string
  readonly #following: Promise<void>
  #lastId: string | undefined
  #stream: FeedStream | undefined
  #isOver = false

  /** @param url of the registry, and the place behind which it begins to follow */
  constructor(url: string, since: string) {
    this.#url = url
    this.#lastId = since
    this.#following = this.#follow()
  }

  /** Of the last event: epoch and revision. */
  get lastId(): string | undefined {
    return this.#lastId
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#stream?.cut()
    await this.#following
  }

  async #follow(): Promise<void> {
    while (!this.#isOver) {
      this.connections++
      const url = `${this.#url}/events`
      const options = { url, lastEventId: this.#lastId, byteLimit: Number.POSITIVE_INFINITY }
      this.#stream = new FeedStream(options, (told) => this.#hear(told))
      await this.#stream.end
      await sleep(AWAY_MS)
    }
  }

  #hear({ id, event }: Told): void {
    this.#lastId = id
    if (event.type === 'reset' || event.type === 'snapshot') this.restarts.push(event.type)
    else if ('agent_id' in event) this.revisions.push(Number(id.split(':')[1]))
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { FeedStream, type ReceivedEvent } from './feed-stream.ts'

/** Milliseconds until it reconnects. */
const RECONNECT_MS = 50

/** Follows every change and resumes with the last id wherever the connection broke. */
export class SteadyFollower implements AsyncDisposable {
  /** Revisions of all events that have their own, in the order of arrival. */
  readonly revisions: number[] = []
  /** Events that would invalidate everything it has received. */
  readonly restarts: string[] = []
  connections = 0
  readonly #url: string
  readonly #following: Promise<void>
  #lastId: string | undefined
  #stream: FeedStream | undefined
  #isOver = false

  /** @param since position (epoch and revision) after which to follow */
  constructor(url: string, since: string) {
    this.#url = url
    this.#lastId = since
    this.#following = this.#follow()
  }

  /** Id of the last event: epoch and revision. */
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
      this.#stream = new FeedStream(options, (received) => this.#receive(received))
      await this.#stream.end
      await sleep(RECONNECT_MS)
    }
  }

  #receive({ id, event }: ReceivedEvent): void {
    this.#lastId = id
    if (event.type === 'reset' || event.type === 'snapshot') this.restarts.push(event.type)
    else if ('agent_id' in event) this.revisions.push(Number(id.split(':')[1]))
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { FeedStream, type ReceivedEvent } from './feed-stream.ts'

/** Delay before reconnecting, in milliseconds. */
const RECONNECT_MS = 50

/** A feed client that reconnects with the last event id. */
export class ReconnectingFollower implements AsyncDisposable {
  /** Revisions of all changes, in order of arrival. */
  readonly revisions: number[] = []
  /** Events that invalidate all earlier state. */
  readonly restarts: string[] = []
  connections = 0
  readonly #url: string
  readonly #following: Promise<void>
  #lastId: string | undefined
  #stream: FeedStream | undefined
  #isStopped = false

  /** @param since event id after which to start */
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
    this.#isStopped = true
    this.#stream?.cut()
    await this.#following
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      this.connections++
      const url = `${this.#url}/events`
      const options = { url, lastEventId: this.#lastId, byteLimit: Number.POSITIVE_INFINITY }
      this.#stream = new FeedStream(options, (received) => this.#handle(received))
      await this.#stream.end
      await sleep(RECONNECT_MS)
    }
  }

  #handle({ id, event }: ReceivedEvent): void {
    this.#lastId = id
    if (event.type === 'reset' || event.type === 'snapshot') this.restarts.push(event.type)
    else if ('agent_id' in event) this.revisions.push(Number(id.split(':')[1]))
  }
}

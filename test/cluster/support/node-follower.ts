import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, AgentEvent } from '@rollcall/protocol'
import { FeedModel } from '../../e2e/support/feed-model.ts'
import { FeedStream, type ReceivedEvent } from '../../e2e/support/feed-stream.ts'
import type { ClusterNode } from './cluster-node.ts'

/** Milliseconds until the next attempt after the node closed the stream. */
const RECONNECT_DELAY_MS = 20

/** Follows the feed of one node and resumes it from the last event id after a disconnect. */
export class NodeFollower implements AsyncDisposable {
  readonly node: ClusterNode
  /** Every event received, in order. */
  readonly events: AgentEvent[] = []
  readonly figures = { connections: 0 }
  readonly #model = new FeedModel(true)
  readonly #listener: (event: AgentEvent) => void
  readonly #following: Promise<void>
  #stream: FeedStream | undefined
  readonly #synced = Promise.withResolvers<void>()
  #failure: string | undefined
  #isOver = false

  /** @param listener called with every event, after its order was verified */
  constructor(node: ClusterNode, listener: (event: AgentEvent) => void = () => undefined) {
    this.node = node
    this.#listener = listener
    this.#following = this.#follow()
  }

  /** Resolves at the first `synced` event. */
  get synced(): Promise<void> {
    return this.#synced.promise
  }

  /** The first violation in the order, the ids or the content of the events. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Agents known from the feed, by id. */
  get agents(): ReadonlyMap<string, Agent> {
    return this.#model.agents
  }

  /** How often the stream was resumed, and how often it was reset. */
  get model(): Readonly<FeedModel['figures']> {
    return this.#model.figures
  }

  /** Last revision received. */
  get revision(): number {
    return Number(this.#model.lastId?.split(':').at(-1) ?? 0)
  }

  /**
   * Resolves once every event up to a revision is received, or fails the follower after a timeout.
   */
  async reach(revision: number, withinMs = 10_000): Promise<void> {
    const deadline = Date.now() + withinMs
    while (this.revision < revision && this.#failure === undefined) {
      if (Date.now() > deadline) {
        this.#failure = `${this.node.name} sent events up to ${this.revision} instead of ${revision}`
      }
      await sleep(10)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#stream?.cut()
    // Its node may never restart.
    await Promise.race([this.#following, sleep(RECONNECT_DELAY_MS * 2)])
  }

  async #follow(): Promise<void> {
    try {
      while (!this.#isOver) {
        await this.node.up
        await this.#connect()
        if (!this.#isOver) await sleep(RECONNECT_DELAY_MS)
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#failure ??= `the feed of ${this.node.name}: ${why}`
    }
  }

  async #connect(): Promise<void> {
    const { lastId } = this.#model
    this.#model.begin(lastId === undefined ? 'fresh' : 'resumable', lastId)
    this.#stream = new FeedStream(
      {
        url: `${this.node.url}/events?snapshot=true`,
        lastEventId: lastId,
        byteLimit: Number.POSITIVE_INFINITY,
      },
      (received) => this.#receive(received),
    )
    this.figures.connections++
    await this.#stream.end
  }

  #receive(received: ReceivedEvent): void {
    // A node that shuts down gracefully announces it.
    if (received.event.type === 'closing') return
    this.#model.take(received)
    if (received.event.type === 'synced') this.#synced.resolve()
    if (!('listed' in received.event) || received.event.type === 'snapshot') return
    const event = received.event as AgentEvent
    this.events.push(event)
    this.#listener(event)
  }
}

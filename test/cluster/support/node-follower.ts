import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, AgentEvent } from '@rollcall/protocol'
import { FeedModel } from '../../e2e/support/feed-model.ts'
import { FeedStream, type Told } from '../../e2e/support/feed-stream.ts'
import type { ClusterNode } from './cluster-node.ts'

/** Milliseconds until the next try when a node let go of the stream. */
const AGAIN_MS = 20

/** Follows everything that one node tells, and comes back to it with the last id that it heard. */
export class NodeFollower implements AsyncDisposable {
  readonly node: ClusterNode
  /** Every event it was told, in order. */
  readonly events: AgentEvent[] = []
  readonly figures = { connections: 0 }
  readonly #model = new FeedModel(true)
  readonly #listener: (event: AgentEvent) => void
  readonly #following: Promise<void>
  #stream: FeedStream | undefined
  readonly #synced = Promise.withResolvers<void>()
  #failure: string | undefined
  #isOver = false

  /** @param listener called with every event, after its order was found right */
  constructor(node: ClusterNode, listener: (event: AgentEvent) => void = () => undefined) {
    this.node = node
    this.#listener = listener
    this.#following = this.#follow()
  }

  /** Resolves when it was first told that it has caught up. */
  get synced(): Promise<void> {
    return this.#synced.promise
  }

  /** What was wrong with the order, the ids or the content of the events. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** The agents that it holds, by id. */
  get agents(): ReadonlyMap<string, Agent> {
    return this.#model.agents
  }

  /** How often it went on from where it was, and how often it had to begin anew. */
  get model(): Readonly<FeedModel['figures']> {
    return this.#model.figures
  }

  /** The last revision it was told of. */
  get revision(): number {
    return Number(this.#model.lastId?.split(':').at(-1) ?? 0)
  }

  /** Resolves when it knows everything up to a revision, or will never. */
  async reach(revision: number, withinMs = 10_000): Promise<void> {
    const deadline = Date.now() + withinMs
    while (this.revision < revision && this.#failure === undefined) {
      if (Date.now() > deadline) {
        this.#failure = `${this.node.name} told up to ${this.revision} instead of ${revision}`
      }
      await sleep(10)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#stream?.cut()
    // Its node may never come back.
    await Promise.race([this.#following, sleep(AGAIN_MS * 2)])
  }

  async #follow(): Promise<void> {
    try {
      while (!this.#isOver) {
        await this.node.up
        await this.#connect()
        if (!this.#isOver) await sleep(AGAIN_MS)
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#failure ??= `the feed of ${this.node.name}: ${why}`
    }
  }

  async #connect(): Promise<void> {
    const { lastId } = this.#model
    this.#model.begin(lastId === undefined ? 'nothing' : 'a place', lastId)
    this.#stream = new FeedStream(
      {
        url: `${this.node.url}/events?snapshot=true`,
        lastEventId: lastId,
        byteLimit: Number.POSITIVE_INFINITY,
      },
      (told) => this.#take(told),
    )
    this.figures.connections++
    await this.#stream.end
  }

  #take(told: Told): void {
    // A node that goes in order says so.
    if (told.event.type === 'closing') return
    this.#model.take(told)
    if (told.event.type === 'synced') this.#synced.resolve()
    if (!('listed' in told.event) || told.event.type === 'snapshot') return
    const event = told.event as AgentEvent
    this.events.push(event)
    this.#listener(event)
  }
}

import type { AgentEvent, StreamEvent } from '@rollcall/protocol'
import { FeedModel } from './feed-model.ts'
import type { SeededRandom } from './feed-random.ts'
import { FeedStream, type Told } from './feed-stream.ts'

/** Bytes after which a hopper moves on: sometimes at once, sometimes after many events. */
const HOP_AFTER_BYTES = { least: 100, most: 20_000 }
/** Milliseconds from the first event after which it does, when little is told. */
const HOP_AFTER_MS = { least: 1, most: 1000 }

/**
 * Someone who begins with a snapshot and then goes from node to node, always with the id of the
 * last event: what one node told last, the next goes on from.
 */
export class NodeSwitchingConsumer {
  readonly model: FeedModel
  /** Every change that it was told of, in that order. */
  readonly changes: AgentEvent[] = []
  readonly #query: string
  readonly #random: SeededRandom
  #hops = 0
  #stream: FeedStream | undefined
  #isOver = false

  constructor(options: { query: string; followsEverything: boolean; random: SeededRandom }) {
    this.#query = options.query
    this.#random = options.random
    this.model = new FeedModel(options.followsEverything)
  }

  get hops(): number {
    return this.#hops
  }

  /**
   * Goes round the nodes until it is stopped; stays where it is when there is only one.
   *
   * @throws Error when it was told something out of order, or to begin anew
   */
  async follow(nodes: readonly string[]): Promise<void> {
    for (; !this.#isOver; this.#hops++) {
      const { lastId } = this.model
      this.model.begin(lastId === undefined ? 'nothing' : 'a place', lastId)
      const node = nodes[this.#hops % nodes.length]
      const url = `${node}/events?${this.#query}&snapshot=${lastId === undefined}`
      const mayGo = nodes.length > 1
      // Whoever leaves in the middle of the snapshot has no place to go on from.
      const byteLimit =
        mayGo && lastId !== undefined
          ? this.#random.magnitude(HOP_AFTER_BYTES.least, HOP_AFTER_BYTES.most)
          : Number.POSITIVE_INFINITY
      const patience = this.#random.magnitude(HOP_AFTER_MS.least, HOP_AFTER_MS.most)
      let timer: NodeJS.Timeout | undefined
      const stream: FeedStream = new FeedStream({ url, lastEventId: lastId, byteLimit }, (told) => {
        this.#take(told)
        if (mayGo && told.event.type !== 'snapshot') {
          timer ??= setTimeout(() => stream.cut(), patience)
        }
      })
      this.#stream = stream
      const { how } = await stream.end.finally(() => clearTimeout(timer))
      if (how !== 'cut') throw new Error(`the stream ${how}, though its node lives`)
    }
  }

  stop(): void {
    this.#isOver = true
    this.#stream?.cut()
  }

  #take(told: Told): void {
    if (told.event.type === 'reset') {
      throw new Error(`told to begin anew: ${(told.event as StreamEvent).reason}`)
    }
    this.model.take(told)
    if ('reason' in told.event && 'agent' in told.event) this.changes.push(told.event)
  }
}

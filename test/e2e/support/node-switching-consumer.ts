import type { AgentEvent, StreamEvent } from '@rollcall/protocol'
import { FeedModel } from './feed-model.ts'
import type { SeededRandom } from './feed-random.ts'
import { FeedStream, type ReceivedEvent } from './feed-stream.ts'

/** Bytes after which the consumer switches: sometimes at once, sometimes after many events. */
const SWITCH_AFTER_BYTES = { least: 100, most: 20_000 }
/** Milliseconds after the first event until it switches, if few bytes arrive. */
const SWITCH_AFTER_MS = { least: 1, most: 1000 }

/**
 * A consumer that begins with a snapshot and then goes from node to node, always with the id of the
 * last event: each node continues where the previous one stopped.
 */
export class NodeSwitchingConsumer {
  readonly model: FeedModel
  /** Every change received, in order. */
  readonly changes: AgentEvent[] = []
  readonly #query: string
  readonly #random: SeededRandom
  #switches = 0
  #stream: FeedStream | undefined
  #isOver = false

  constructor(options: { query: string; followsEverything: boolean; random: SeededRandom }) {
    this.#query = options.query
    this.#random = options.random
    this.model = new FeedModel(options.followsEverything)
  }

  get switches(): number {
    return this.#switches
  }

  /**
   * Switches between the nodes until stopped; with one node it stays connected.
   *
   * @throws Error on an event out of order or a reset
   */
  async follow(nodes: readonly string[]): Promise<void> {
    for (; !this.#isOver; this.#switches++) {
      const { lastId } = this.model
      this.model.begin(lastId === undefined ? 'fresh' : 'resumable', lastId)
      const node = nodes[this.#switches % nodes.length]
      const url = `${node}/events?${this.#query}&snapshot=${lastId === undefined}`
      const canSwitch = nodes.length > 1
      // A consumer that disconnects during the snapshot has no position to resume from.
      const byteLimit =
        canSwitch && lastId !== undefined
          ? this.#random.magnitude(SWITCH_AFTER_BYTES.least, SWITCH_AFTER_BYTES.most)
          : Number.POSITIVE_INFINITY
      const switchAfterMs = this.#random.magnitude(SWITCH_AFTER_MS.least, SWITCH_AFTER_MS.most)
      let timer: NodeJS.Timeout | undefined
      const stream: FeedStream = new FeedStream(
        { url, lastEventId: lastId, byteLimit },
        (received) => {
          this.#receive(received)
          if (canSwitch && received.event.type !== 'snapshot') {
            timer ??= setTimeout(() => stream.cut(), switchAfterMs)
          }
        },
      )
      this.#stream = stream
      const { how } = await stream.end.finally(() => clearTimeout(timer))
      if (how !== 'cut') throw new Error(`the stream ${how}, though its node is running`)
    }
  }

  stop(): void {
    this.#isOver = true
    this.#stream?.cut()
  }

  #receive(received: ReceivedEvent): void {
    if (received.event.type === 'reset') {
      throw new Error(`received a reset: ${(received.event as StreamEvent).reason}`)
    }
    this.model.take(received)
    if ('reason' in received.event && 'agent' in received.event) this.changes.push(received.event)
  }
}

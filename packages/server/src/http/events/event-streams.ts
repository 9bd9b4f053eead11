import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { HistoryPosition } from '../../domain/event-bus.ts'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import { ChangeFeed } from '../../feed/change-feed.ts'
import type { FeedStats } from '../../feed/feed-reader.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import { LimitLog } from '../../telemetry/limit-log.ts'
import { HttpProblem } from '../responses/problem.ts'
import { feedEventText, loadsText } from './event-json.ts'
import { EventStream } from './event-stream.ts'
import { PageSlots } from './page-slots.ts'
import type { DropReason } from './stream-context.ts'
import type { StreamStart } from './stream-start.ts'

/**
 * Bytes that may always wait for a reader, however many readers there are: below the high-water mark of
 * a response it would not say that it has drained.
 */
const LEAST_SHARE = 64 * 1024

/** All streams of the change feed that are open. */
export class EventStreams {
  readonly #repository: AgentRegistryRepository
  #feed: ChangeFeed
  #epoch: string
  readonly #log: FastifyBaseLogger
  readonly #countDrop: (why: DropReason) => void
  readonly #open = new Set<EventStream>()
  readonly #bySocket = new WeakMap<Socket, EventStream>()
  readonly #limit: () => number
  readonly #slices = new TimeSlices()
  readonly #pages = new PageSlots(SERVER_LIMITS.pagesOfStreams.value)
  readonly #cuts: LimitLog
  #closedFor: string | undefined

  private constructor(options: EventStreamsOptions & { epoch: string; revision: number }) {
    const { repository, epoch, revision } = options
    this.#repository = repository
    this.#epoch = epoch
    this.#log = options.log
    const subject = 'serving all readers of the change feed'
    this.#cuts = new LimitLog({ logger: options.log, subject })
    this.#countDrop = options.countDrop
    this.#limit = options.limit
    this.#feed = this.#feedOf({ epoch, revision })
  }

  /** Begins to listen to a repository. */
  static async start(options: EventStreamsOptions): Promise<EventStreams> {
    const { epoch, revision } = await options.repository.counts()
    return new EventStreams({ ...options, epoch, revision })
  }

  get stats(): FeedStats {
    return this.#feed.stats
  }

  /** Streams that are open. */
  get count(): number {
    return this.#open.size
  }

  /** @throws HttpProblem `OVERLOADED` when as many streams are open as may be */
  requireRoom(): void {
    const limit = this.#limit()
    if (this.#open.size < limit) return
    throw new HttpProblem(
      'OVERLOADED',
      `${limit} streams are open; more are not allowed (--max-streams, or ulimit -n).`,
    )
  }

  /** Drops the reader of the stream on a connection, because it is too slow. False: there is none. */
  dropSlow(socket: Socket): boolean {
    const stream = this.#bySocket.get(socket)
    stream?.dropSlow()
    return stream !== undefined
  }

  /**
   * Streams to a client until one of the two ends it.
   *
   * @param response whose head is written already
   */
  async serve(
    response: ServerResponse,
    wanted: { filter: AgentFilter; loads: boolean; start: StreamStart; requestId: string },
  ): Promise<void> {
    const context = {
      repository: this.#repository,
      feed: this.#feed,
      epoch: this.#epoch,
      slices: this.#slices,
      pages: this.#pages,
      bufferLimit: () => this.#share,
      dropped: (why: DropReason, error: unknown) => {
        this.#countDrop(why)
        // Thousands may be cut off in a moment, and each line of a log costs.
        this.#cuts.reached(error)
        const { requestId } = wanted
        this.#log.debug({ requestId, why, err: error }, 'cut off a reader of the change feed')
      },
      left: () => this.#open.delete(stream),
    }
    const stream = new EventStream(context, response, wanted)
    this.#open.add(stream)
    if (response.socket) this.#bySocket.set(response.socket, stream)
    const running = stream.run()
    if (this.#closedFor !== undefined) stream.end(this.#closedFor)
    await running
  }

  /** Bytes that may wait for one reader. */
  get #share(): number {
    const share = SERVER_LIMITS.streamBytesInAll.value / this.#open.size
    return Math.min(SERVER_LIMITS.streamBytes.value, Math.max(LEAST_SHARE, share))
  }

  #feedOf({ epoch, revision }: HistoryPosition): ChangeFeed {
    return new ChangeFeed({
      bus: this.#repository,
      revision,
      encode: (event) => feedEventText(event, epoch),
      history: this.#repository,
      loads: this.#repository,
      encodeLoads: loadsText,
      replaced: (history) => this.#beginAnew(history),
    })
  }

  /** Whoever comes back from the old history is told to begin anew. */
  #beginAnew(history: HistoryPosition): void {
    this.#feed.close()
    this.#epoch = history.epoch
    this.#feed = this.#feedOf(history)
    for (const stream of this.#open) stream.end('the history was replaced by another')
  }

  /** Ends all streams, and those that are still to come. Resolves when all have been told. */
  async close(reason: string): Promise<void> {
    this.#closedFor = reason
    this.#feed.close()
    await Promise.all([...this.#open].map((stream) => stream.end(reason)))
  }
}

interface EventStreamsOptions {
  readonly repository: AgentRegistryRepository
  readonly log: FastifyBaseLogger
  readonly countDrop: (why: DropReason) => void
  /** Streams that may be open at once. */
  readonly limit: () => number
}

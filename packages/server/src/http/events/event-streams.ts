import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import { ChangeFeed } from '../../feed/change-feed.ts'
import type { FeedStats } from '../../feed/feed-reader.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import { LimitLog } from '../../telemetry/limit-log.ts'
import { feedEventText, loadsText } from './event-json.ts'
import { EventStream } from './event-stream.ts'
import { PageSlots } from './page-slots.ts'
import type { DropReason } from './stream-context.ts'
import { StreamLimits, type StreamReservation } from './stream-limits.ts'
import type { StreamStart } from './stream-start.ts'

/**
 * Minimum unsent bytes allowed per reader, however many readers there are: below its high-water mark, a
 * response would not emit `drain`.
 */
const MIN_SHARE = 64 * 1024

/** Milliseconds between two looks at whether the callers of streams may still read. */
const ADMISSION_CHECK_MS = 250

/** Why the stream of a caller ends that may not read as before. */
const FORBIDDEN =
  'the credential of the caller was revoked, has expired, or sees other agents than before'

/** The open streams of the change feed. */
export class EventStreams {
  readonly #repository: AgentRegistryRepository
  #feed: ChangeFeed
  readonly #log: FastifyBaseLogger
  readonly #countDrop: (reason: DropReason) => void
  /** Each with a function that says whether its caller may still read. */
  readonly #open = new Map<OpenStream, () => boolean>()
  readonly #admissionCheck: NodeJS.Timeout
  readonly #bySocket = new WeakMap<Socket, EventStream>()
  readonly #limits: StreamLimits
  readonly #slices = new TimeSlices()
  readonly #pages = new PageSlots(SERVER_LIMITS.pagesOfStreams.value)
  readonly #dropLog: LimitLog
  #closeReason: string | undefined

  private constructor(options: EventStreamsOptions & { history: HistoryPosition }) {
    this.#repository = options.repository
    this.#log = options.log
    const subject = 'serving all readers of the change feed'
    this.#dropLog = new LimitLog({ logger: options.log, subject })
    this.#countDrop = options.countDrop
    this.#limits = new StreamLimits(options)
    this.#feed = this.#createFeed(options.history)
    this.#admissionCheck = setInterval(() => this.#endForbidden(), ADMISSION_CHECK_MS).unref()
  }

  /** Subscribes to a repository. */
  static async start(options: EventStreamsOptions): Promise<EventStreams> {
    return new EventStreams({ ...options, history: await options.repository.counts() })
  }

  get stats(): FeedStats {
    return this.#feed.stats
  }

  /** The number of open streams. */
  get count(): number {
    return this.#open.size
  }

  /** Returns what a stream counts against the limits; see {@link StreamLimits.reserve}. */
  reserve(caller: string, filter: AgentFilter): StreamReservation {
    return this.#limits.reserve(caller, JSON.stringify(filter))
  }

  /** Drops the stream on a connection, because its reader is too slow. Returns false if there is none. */
  dropSlow(socket: Socket): boolean {
    const stream = this.#bySocket.get(socket)
    stream?.dropSlow()
    return stream !== undefined
  }

  /**
   * Streams to a client until either side ends the stream.
   *
   * @param response a response with its head already written
   */
  async serve(
    response: ServerResponse,
    options: {
      filter: AgentFilter
      loads: boolean
      start: StreamStart
      requestId: string
      reservation: StreamReservation
      mayStillRead: () => boolean
    },
  ): Promise<void> {
    const context = {
      repository: this.#repository,
      feed: this.#feed,
      slices: this.#slices,
      pages: this.#pages,
      bufferLimit: () => this.#share,
      dropped: (reason: DropReason, error: unknown) => {
        this.#countDrop(reason)
        // Thousands may be dropped at once, and each log line costs time.
        this.#dropLog.reached(error)
        const { requestId } = options
        const details = { requestId, why: reason, err: error }
        this.#log.debug(details, 'dropped a reader of the change feed')
      },
      closed: () => {
        this.#open.delete(stream)
        options.reservation.release()
      },
    }
    const stream = new EventStream(context, response, options)
    this.#open.set(stream, options.mayStillRead)
    if (response.socket) this.#bySocket.set(response.socket, stream)
    const running = stream.run()
    if (this.#closeReason !== undefined) void stream.end(this.#closeReason)
    await running
  }

  /**
   * Adds a stream of another kind, which ends like the others: when the registry shuts down, its history is replaced,
   * or the caller may not read any more. Returns a function that removes it.
   */
  adopt(stream: OpenStream, mayStillRead: () => boolean): () => void {
    this.#open.set(stream, mayStillRead)
    if (this.#closeReason !== undefined) void stream.end(this.#closeReason)
    return () => void this.#open.delete(stream)
  }

  /** Maximum unsent bytes per reader. */
  get #share(): number {
    const share = SERVER_LIMITS.streamBytesInAll.value / this.#open.size
    return Math.min(SERVER_LIMITS.streamBytes.value, Math.max(MIN_SHARE, share))
  }

  #createFeed(history: HistoryPosition): ChangeFeed {
    return new ChangeFeed({
      bus: this.#repository,
      from: history,
      encode: feedEventText,
      history: this.#repository,
      loads: this.#repository,
      encodeLoads: loadsText,
      replaced: (history) => this.#replaceHistory(history),
    })
  }

  #endForbidden(): void {
    for (const [stream, mayStillRead] of this.#open) {
      if (!mayStillRead()) void stream.end(FORBIDDEN)
    }
  }

  /** Ends all streams. Clients that resume with the old history receive a `reset`. */
  #replaceHistory(history: HistoryPosition): void {
    this.#feed.close()
    this.#feed = this.#createFeed(history)
    for (const stream of this.#open.keys())
      void stream.end('the history was replaced by another one')
  }

  /** Ends all current and future streams. Resolves when the current ones have ended. */
  async close(reason: string): Promise<void> {
    this.#closeReason = reason
    clearInterval(this.#admissionCheck)
    this.#feed.close()
    await Promise.all([...this.#open.keys()].map((stream) => stream.end(reason)))
  }
}

/** What stays open for long. */
interface OpenStream {
  /** Ends it, for a reason that the client may learn. */
  end(reason: string): Promise<void>
}

interface EventStreamsOptions {
  readonly repository: AgentRegistryRepository
  readonly log: FastifyBaseLogger
  readonly countDrop: (reason: DropReason) => void
  /** Maximum number of open streams. */
  readonly limit: () => number
  /** Maximum number of open streams of one caller. */
  readonly limitOfCaller: () => number
}

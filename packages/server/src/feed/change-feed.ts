import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import { currentBranch } from '../domain/branch.ts'
import type { EventBus } from '../domain/event-bus.ts'
import type { HistoryPosition } from '../domain/history-position.ts'
import type { AgentMatcher } from '../domain/query/agent-matcher.ts'
import type { Transition } from '../domain/transition.ts'
import { SERVER_LIMITS } from '../limits/server-limits.ts'
import { type EncodedEvent, eventsOf, textOf } from './batch-events.ts'
import type { Batch, Channel } from './channel.ts'
import type { FeedEvent } from './feed-event.ts'
import type { FeedReader, FeedStats } from './feed-reader.ts'
import { FeedWork, writesFlushed } from './feed-work.ts'
import { LoadFeed, type LoadSource, type SentLoad } from './load-feed.ts'

/** Where the feed reads transitions that it could not buffer. */
type FeedHistory = Pick<AgentRegistryRepository, 'eventsSince'>

/** Maximum transitions per batch: a reader must be able to buffer a batch at once. */
const BATCH_LIMIT = 100
/** Characters of metadata per batch. */
const BATCH_CHARACTERS = 64 * 1024
/** Readers served between two checks of the clock. */
const STEP = 4
/** Idle readers visited between two checks of the clock. */
const IDLE_STEP = 64
/**
 * The pause after serving readers, relative to the time it took. With a thousand readers, a burst of
 * changes is then delivered together instead of occupying the whole thread. Of 200 changes a second,
 * half reach a thousand readers within 14 ms, and nearly all within 39 ms; with a factor of 1 within 18
 * and 47 ms, and with 3 within 31 and 65 ms.
 */
const PAUSE_FACTOR = 0.5
/** The longest such pause in milliseconds, which bounds the delay of an event. */
const MAX_PAUSE_MS = 40
const IDLE_CHECK_MS = 1000

/**
 * Delivers every transition to its readers. Costs nothing while nothing happens; a transition is
 * matched and encoded once per filter, not once per reader.
 */
export class ChangeFeed {
  readonly #encode: (event: FeedEvent, branch: string) => string
  readonly #channels = new Map<string, Channel>()
  readonly #unsubscribe: () => void
  readonly #history: FeedHistory
  readonly #loads: LoadFeed
  #branch: string
  /** Not delivered yet, oldest first. */
  #pending: Transition[] = []
  /** The backlog was exceeded: transitions are read from the history until it has no more. */
  #isBehind = false
  /** The revision of the last observed transition. */
  #newest: number
  /** The revision up to which everything was delivered to the readers. */
  #position: number
  #serving = false
  #idleTimer: NodeJS.Timeout | undefined
  #isTicking = false
  #readers = 0
  #wakeUps = 0
  #deliveries = 0

  /**
   * @param options.from the position before the transitions that the bus publishes
   * @param options.encode encodes an event for readers; the position after it is in the given branch
   * @param options.history where the feed reads transitions that it could not buffer
   * @param options.encodeLoads encodes a load report
   * @param options.loads the source of loads
   * @param options.replaced see `EventBus.subscribe`
   */
  constructor(options: {
    bus: EventBus
    from: HistoryPosition
    encode: (event: FeedEvent, branch: string) => string
    history: FeedHistory
    loads: LoadSource
    encodeLoads: (loads: readonly SentLoad[]) => string
    replaced?: (history: HistoryPosition) => void
  }) {
    this.#encode = options.encode
    this.#history = options.history
    this.#position = this.#newest = options.from.revision
    this.#branch = currentBranch(options.from)
    this.#loads = new LoadFeed({
      source: options.loads,
      encode: options.encodeLoads,
      due: () => this.#start(),
    })
    this.#unsubscribe = options.bus.subscribe(
      (transitions, branch) => this.#enqueue(transitions, branch),
      options.replaced,
    )
  }

  /**
   * The branch in which the history continues. It also contains everything before: so positions of events
   * that are not delivered yet may name it too.
   */
  get branch(): string {
    return this.#branch
  }

  get stats(): FeedStats {
    return { readers: this.#readers, wakeUps: this.#wakeUps, deliveries: this.#deliveries }
  }

  /**
   * Adds a reader at its position. Returns false if the feed has advanced in the meantime, so that the
   * reader has to catch up from the history first.
   *
   * @param key identifies the filter
   */
  join(reader: FeedReader, key: string, matcher: AgentMatcher): boolean {
    if (reader.joinedAt < this.#position) return false
    const known = this.#channels.get(key)
    const channel: Channel = known ?? {
      matcher,
      readers: new Set(),
      position: this.#position,
      audience: undefined,
    }
    this.#channels.set(key, channel)
    channel.readers.add(reader)
    this.#readers++
    if (reader.loads) {
      channel.audience ??= this.#loads.open(reader.loads.filter)
      this.#loads.join(channel.audience, reader.loads, reader.joinedAt)
    }
    this.#idleTimer ??= setInterval(() => this.#tick(), IDLE_CHECK_MS).unref()
    return true
  }

  /** Removes a reader. Idempotent. */
  leave(reader: FeedReader, key: string): void {
    const channel = this.#channels.get(key)
    if (!channel?.readers.delete(reader)) return
    this.#readers--
    if (reader.loads && channel.audience && this.#loads.leave(channel.audience, reader.loads)) {
      channel.audience = undefined
    }
    if (channel.readers.size === 0) this.#channels.delete(key)
    if (this.#readers > 0) return
    clearInterval(this.#idleTimer)
    this.#idleTimer = undefined
  }

  /** Ends all delivery. */
  close(): void {
    this.#unsubscribe()
    this.#loads.close()
    clearInterval(this.#idleTimer)
    this.#channels.clear()
    this.#pending = []
    this.#isBehind = false
    this.#readers = 0
  }

  #enqueue(transitions: readonly Transition[], branch = this.#branch): void {
    this.#wakeUps++
    this.#branch = branch
    this.#newest = transitions.at(-1)?.revision ?? this.#newest
    if (this.#readers === 0 && !this.#hasBacklog) {
      this.#position = this.#newest
      return
    }
    if (!this.#isBehind) for (const transition of transitions) this.#pending.push(transition)
    if (this.#pending.length > SERVER_LIMITS.feedBacklog.value) {
      this.#pending = []
      this.#isBehind = true
    }
    this.#start()
  }

  /** Whether transitions remain to be delivered. */
  get #hasBacklog(): boolean {
    return this.#pending.length > 0 || this.#isBehind
  }

  #start(): void {
    if (this.#serving) return
    this.#serving = true
    setImmediate(() => this.#serveAll())
  }

  async #serveAll(): Promise<void> {
    while (this.#hasBacklog || this.#loads.isDue) {
      if (this.#loads.isDue) await this.#loads.serve(this.#position)
      if (!this.#hasBacklog) continue
      const transitions = this.#isBehind ? await this.#readMissed() : this.#takePending()
      if (transitions.length === 0) continue
      const elapsedMs = await this.#serve(transitions)
      const pause = Math.min(elapsedMs * PAUSE_FACTOR, MAX_PAUSE_MS)
      if (pause >= 1) await new Promise((resolve) => setTimeout(resolve, pause))
    }
    this.#serving = false
  }

  /** Takes the next batch of pending transitions, at least one. */
  #takePending(): Transition[] {
    let characters = 0
    let count = 0
    for (const { agent } of this.#pending) {
      if (count === BATCH_LIMIT || characters > BATCH_CHARACTERS) break
      characters += agent.metadata?.json.length ?? 0
      count++
    }
    return this.#pending.splice(0, count)
  }

  /** Reads the next batch that is only in the history; empty if there are no more. */
  async #readMissed(): Promise<readonly Transition[]> {
    if (this.#position === this.#newest) {
      this.#isBehind = false
      return []
    }
    try {
      const found = await this.#history.eventsSince(this.#position, BATCH_LIMIT)
      // It may be ahead of the feed, which will still observe the rest.
      const missed = found.filter(({ revision }) => revision <= this.#newest)
      if (missed.length > 0) return missed
      throw new Error(`the history ends at ${this.#position}, before ${this.#newest}`)
    } catch {
      // It does not reach that far back, or cannot be read; the readers find out which.
      this.#isBehind = false
      this.#position = this.#newest
      for (const [key, { readers }] of this.#channels) {
        for (const reader of readers) {
          this.leave(reader, key)
          reader.fallBehind()
        }
      }
      return []
    }
  }

  /** Delivers a batch. Resolves with the milliseconds that it took. */
  async #serve(transitions: readonly Transition[]): Promise<number> {
    const batch = {
      first: transitions[0]?.revision ?? 0,
      last: transitions.at(-1)?.revision ?? this.#position,
    }
    // From here on, a reader must have caught up with this batch to join.
    this.#position = batch.last
    const channels = [...this.#channels.values()]
    const work = new FeedWork()
    const events = await eventsOf(transitions, channels, {
      encode: (event) => this.#encode(event, this.#branch),
      work,
    })
    let served = 0
    for (const channel of channels) {
      const channelEvents = events.get(channel)
      // Without matching events, the readers are not visited at all.
      if (channelEvents) {
        const sent = { batch, events: channelEvents, text: textOf(channelEvents) }
        if (channel.audience) this.#loads.observe(channel.audience, channelEvents)
        for (const reader of [...channel.readers]) {
          if (channel.readers.has(reader)) this.#deliver(reader, sent)
          if (++served % STEP > 0) continue
          await writesFlushed()
          if (work.isOver) await work.next()
        }
      }
      channel.position = batch.last
    }
    return work.workedMs
  }

  #deliver(
    reader: FeedReader,
    { batch, events, text }: { batch: Batch; events: readonly EncodedEvent[]; text: Buffer },
  ): void {
    const { first, last } = batch
    if (reader.joinedAt < first) {
      this.#deliveries += events.length
      reader.deliver(text, last)
      return
    }
    // It joined while the batch was still pending, and knows part of it from the history.
    const newEvents = events.filter(({ transition }) => transition.revision > reader.joinedAt)
    if (newEvents.length === 0) return
    this.#deliveries += newEvents.length
    reader.deliver(textOf(newEvents), last)
  }

  async #tick(): Promise<void> {
    this.#loads.tick()
    if (this.#isTicking) return
    this.#isTicking = true
    const work = new FeedWork()
    let visited = 0
    for (const { readers, position } of this.#channels.values()) {
      for (const reader of readers) {
        reader.idle(Math.max(position, reader.joinedAt))
        if (++visited % IDLE_STEP === 0 && work.isOver) await work.next()
      }
    }
    this.#isTicking = false
  }
}

import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { EventBus, HistoryPosition } from '../domain/event-bus.ts'
import type { AgentMatcher } from '../domain/query/agent-matcher.ts'
import type { Transition } from '../domain/transition.ts'
import { SERVER_LIMITS } from '../limits/server-limits.ts'
import { type EncodedEvent, eventsOf, textOf } from './batch-events.ts'
import type { FeedEvent } from './feed-event.ts'
import type { FeedReader, FeedStats } from './feed-reader.ts'
import { FeedWork, handedOver } from './feed-work.ts'
import type { LoadAudience } from './load-audience.ts'
import { LoadFeed, type LoadSource, type SentLoad } from './load-feed.ts'

/** Those who follow the same filter: what they are told is worked out once for all of them. */
interface Channel {
  readonly matcher: AgentMatcher
  readonly readers: Set<FeedReader>
  /** Up to this revision all of them have been told everything. */
  position: number
  /** Those of them who also follow loads; undefined: none does. */
  audience: LoadAudience | undefined
}

/** The revisions of transitions that go out together. */
interface Batch {
  readonly first: number
  readonly last: number
}

/** Where the feed reads what it could not keep. */
type FeedHistory = Pick<AgentRegistryRepository, 'eventsSince'>

/** Transitions that go out together: a reader must be able to take them at once. */
const BATCH_LIMIT = 100
/** Characters of metadata that go out together. */
const BATCH_CHARACTERS = 64 * 1024
/** Readers served between two looks at the clock. */
const STEP = 4
/** Readers that are idle between two looks at the clock. */
const IDLE_STEP = 64
/**
 * Of each millisecond that readers were served, so many pass before they are served again: with
 * a thousand readers, a burst of changes goes out together instead of taking the whole thread. Of 200
 * changes a second, half reach a thousand readers within 14 ms, and nearly all within 39 ms; with 1, within
 * 18 and 47 ms, and with 3 within 31 and 65 ms.
 */
const PAUSE_FACTOR = 0.5
/** The longest such pause in milliseconds: nobody waits longer for what has happened. */
const LONGEST_PAUSE_MS = 40
const IDLE_CHECK_MS = 1000

/**
 * Hands every transition to those who follow it. Costs nothing while nothing happens; what
 * happens is matched and written down once for each filter, not for each reader.
 */
export class ChangeFeed {
  readonly #encode: (event: FeedEvent) => string
  readonly #channels = new Map<string, Channel>()
  readonly #unsubscribe: () => void
  readonly #history: FeedHistory
  readonly #loads: LoadFeed
  /** Not handed out yet, the oldest first. */
  #pending: Transition[] = []
  /** Too many were pending: what comes next is read from the history, until that has no more. */
  #isBehind = false
  /** Of the last transition that the feed has heard of. */
  #newest: number
  /** Up to this revision everything was handed out to those who were there. */
  #position: number
  #serving = false
  #idleTimer: NodeJS.Timeout | undefined
  #isTicking = false
  #readers = 0
  #wakeUps = 0
  #deliveries = 0

  /**
   * @param options.revision of the last transition before those that the bus will tell of
   * @param options.encode the text of an event, as readers get it
   * @param options.history where the feed reads what it could not keep
   * @param options.encodeLoads the text of a report of loads
   * @param options.loads where those come from
   * @param options.replaced as of `EventBus.subscribe`
   */
  constructor(options: {
    bus: EventBus
    revision: number
    encode: (event: FeedEvent) => string
    history: FeedHistory
    loads: LoadSource
    encodeLoads: (loads: readonly SentLoad[]) => string
    replaced?: (history: HistoryPosition) => void
  }) {
    this.#encode = options.encode
    this.#history = options.history
    this.#position = this.#newest = options.revision
    this.#loads = new LoadFeed({
      source: options.loads,
      encode: options.encodeLoads,
      due: () => this.#start(),
    })
    this.#unsubscribe = options.bus.subscribe(
      (transitions) => this.#take(transitions),
      options.replaced,
    )
  }

  get stats(): FeedStats {
    return { readers: this.#readers, wakeUps: this.#wakeUps, deliveries: this.#deliveries }
  }

  /**
   * Lets a reader follow from its position on. False: the feed has moved on meanwhile, and the
   * reader has to catch up from the history first.
   *
   * @param key the same for the same filter
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

  /** Lets go of a reader. Twice is fine. */
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

  /** Nobody is told anything any more. */
  close(): void {
    this.#unsubscribe()
    this.#loads.close()
    clearInterval(this.#idleTimer)
    this.#channels.clear()
    this.#pending = []
    this.#isBehind = false
    this.#readers = 0
  }

  #take(transitions: readonly Transition[]): void {
    this.#wakeUps++
    this.#newest = transitions.at(-1)?.revision ?? this.#newest
    if (this.#readers === 0 && !this.#isWaiting) {
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

  /** Whether something is still to be handed out. */
  get #isWaiting(): boolean {
    return this.#pending.length > 0 || this.#isBehind
  }

  #start(): void {
    if (this.#serving) return
    this.#serving = true
    setImmediate(() => this.#serveAll())
  }

  async #serveAll(): Promise<void> {
    while (this.#isWaiting || this.#loads.isDue) {
      if (this.#loads.isDue) await this.#loads.serve(this.#position)
      if (!this.#isWaiting) continue
      const transitions = this.#isBehind ? await this.#readMissed() : this.#takePending()
      if (transitions.length === 0) continue
      const worked = await this.#serve(transitions)
      const pause = Math.min(worked * PAUSE_FACTOR, LONGEST_PAUSE_MS)
      if (pause >= 1) await new Promise((resolve) => setTimeout(resolve, pause))
    }
    this.#serving = false
  }

  /** The next of those that are pending, one at least. */
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

  /** The next of those that are only in the history; none when there are no more. */
  async #readMissed(): Promise<readonly Transition[]> {
    if (this.#position === this.#newest) {
      this.#isBehind = false
      return []
    }
    try {
      const found = await this.#history.eventsSince(this.#position, BATCH_LIMIT)
      // It may have more than the feed has heard of, which it is still to hear.
      const missed = found.filter(({ revision }) => revision <= this.#newest)
      if (missed.length > 0) return missed
      throw new Error(`the history ends at ${this.#position}, before ${this.#newest}`)
    } catch {
      // It does not reach so far back, or cannot be read: the readers find out which.
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

  /** Resolves with the milliseconds of work that it was. */
  async #serve(transitions: readonly Transition[]): Promise<number> {
    const batch = {
      first: transitions[0]?.revision ?? 0,
      last: transitions.at(-1)?.revision ?? this.#position,
    }
    // From here on, whoever wants to join must have caught up with this batch.
    this.#position = batch.last
    const channels = [...this.#channels.values()]
    const work = new FeedWork()
    const events = await eventsOf(transitions, channels, { encode: this.#encode, work })
    let handed = 0
    for (const channel of channels) {
      const ofChannel = events.get(channel)
      // Nothing of their business: then the readers are not even looked at.
      if (ofChannel) {
        const text = textOf(ofChannel)
        if (channel.audience) this.#loads.observe(channel.audience, ofChannel)
        for (const reader of [...channel.readers]) {
          if (channel.readers.has(reader)) this.#hand(reader, { batch, events: ofChannel, text })
          if (++handed % STEP > 0) continue
          await handedOver()
          if (work.isOver) await work.next()
        }
      }
      channel.position = batch.last
    }
    return work.workedMs
  }

  #hand(
    reader: FeedReader,
    sent: { batch: Batch; events: readonly EncodedEvent[]; text: Buffer },
  ): void {
    const { first, last } = sent.batch
    if (reader.joinedAt < first) {
      this.#deliveries += sent.events.length
      reader.deliver(sent.text, last)
      return
    }
    // It joined while the batch was still waiting, and knows a part of it from the history.
    const news = sent.events.filter(({ transition }) => transition.revision > reader.joinedAt)
    if (news.length === 0) return
    this.#deliveries += news.length
    reader.deliver(textOf(news), last)
  }

  async #tick(): Promise<void> {
    this.#loads.tick()
    if (this.#isTicking) return
    this.#isTicking = true
    const work = new FeedWork()
    let asked = 0
    for (const { readers, position } of this.#channels.values()) {
      for (const reader of readers) {
        reader.idle(Math.max(position, reader.joinedAt))
        if (++asked % IDLE_STEP === 0 && work.isOver) await work.next()
      }
    }
    this.#isTicking = false
  }
}

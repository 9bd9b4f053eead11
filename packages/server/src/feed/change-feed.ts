import type { EventBus, HistoryPosition } from '../domain/event-bus.ts'
import type { AgentMatcher } from '../domain/query/agent-matcher.ts'
import type { Transition } from '../domain/transition.ts'
import { type FeedEvent, feedEvent } from './feed-event.ts'
import type { LoadAudience, LoadReader } from './load-audience.ts'
import { LoadFeed, type LoadSource, type SentLoad } from './load-feed.ts'

/** Someone who follows the feed from some revision on. */
export interface FeedReader {
  /** Up to this revision it knew everything when it joined. */
  readonly joinedAt: number
  /** Where it takes loads; undefined: it did not ask for them. */
  readonly loads?: LoadReader | undefined
  /**
   * Takes the text of one or more events, shared with others.
   *
   * @param revision everything up to here has been told now
   */
  deliver(text: Buffer, revision: number): void
  /** Called every second: a chance to say that everything up to a revision has been told. */
  idle(revision: number): void
}

/** Figures of the feed since it began. */
export interface FeedFigures {
  readonly readers: number
  /** Times that the feed woke up, because something had happened. */
  readonly wakeUps: number
  /** Events handed to readers, once for each. */
  readonly deliveries: number
}

/** Those who follow the same filter: what they are told is worked out once for all of them. */
interface Channel {
  readonly matcher: AgentMatcher
  readonly readers: Set<FeedReader>
  /** Up to this revision all of them have been told everything. */
  position: number
  /** Those of them who also follow loads; undefined: none does. */
  audience: LoadAudience | undefined
}

/** Transitions that go out together. */
interface Batch {
  readonly transitions: readonly Transition[]
  readonly first: number
  readonly last: number
}

/** Transitions that go out together: a reader must be able to take them at once. */
const BATCH_LIMIT = 100
/** Milliseconds of work after which others get their turn. */
const TURN_MS = 2
/** Readers served between two looks at the clock. */
const SLICE = 32
/**
 * Of each millisecond that readers were served, so many pass before they are served again: with
 * a thousand readers, a burst of changes goes out together instead of taking the whole thread.
 */
const PAUSE_FACTOR = 3
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
  readonly #loads: LoadFeed
  /** Not handed out yet, the oldest first. */
  #pending: Transition[] = []
  /** Up to this revision everything was handed out to those who were there. */
  #position: number
  #serving = false
  #idleTimer: NodeJS.Timeout | undefined
  #readers = 0
  #wakeUps = 0
  #deliveries = 0

  /**
   * @param options.revision of the last transition before those that the bus will tell of
   * @param options.encode the text of an event, as readers get it
   * @param options.encodeLoads the text of a report of loads
   * @param options.loads where those come from
   * @param options.replaced as of `EventBus.subscribe`
   */
  constructor(options: {
    bus: EventBus
    revision: number
    encode: (event: FeedEvent) => string
    loads: LoadSource
    encodeLoads: (loads: readonly SentLoad[]) => string
    replaced?: (history: HistoryPosition) => void
  }) {
    this.#encode = options.encode
    this.#position = options.revision
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

  get figures(): FeedFigures {
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
    this.#readers = 0
  }

  #take(transitions: readonly Transition[]): void {
    this.#wakeUps++
    if (this.#readers === 0 && this.#pending.length === 0) {
      this.#position = transitions.at(-1)?.revision ?? this.#position
      return
    }
    for (const transition of transitions) this.#pending.push(transition)
    this.#start()
  }

  #start(): void {
    if (this.#serving) return
    this.#serving = true
    setImmediate(() => this.#serveAll())
  }

  async #serveAll(): Promise<void> {
    while (this.#pending.length > 0 || this.#loads.isDue) {
      if (this.#loads.isDue) await this.#loads.serve(this.#position)
      if (this.#pending.length === 0) continue
      const transitions = this.#pending.splice(0, BATCH_LIMIT)
      const first = transitions[0]?.revision ?? 0
      const worked = await this.#serve({ transitions, first, last: first + transitions.length - 1 })
      const pause = Math.min(worked * PAUSE_FACTOR, LONGEST_PAUSE_MS)
      if (pause >= 1) await new Promise((resolve) => setTimeout(resolve, pause))
    }
    this.#serving = false
  }

  /** Resolves with the milliseconds of work that it was. */
  async #serve(batch: Batch): Promise<number> {
    // From here on, whoever wants to join must have caught up with this batch.
    this.#position = batch.last
    let worked = 0
    let turnBegan = performance.now()
    for (const channel of [...this.#channels.values()]) {
      const { matcher, readers } = channel
      const events = batch.transitions.flatMap((transition) => feedEvent(transition, matcher) ?? [])
      const text = this.#textOf(events)
      if (channel.audience) this.#loads.observe(channel.audience, events)
      let served = 0
      // Nothing of their business: then they are not even looked at.
      for (const reader of events.length === 0 ? [] : [...readers]) {
        if (readers.has(reader)) this.#hand(reader, { batch, events, text })
        if (++served % SLICE !== 0) continue
        const turn = performance.now() - turnBegan
        if (turn < TURN_MS) continue
        worked += turn
        await new Promise(setImmediate)
        turnBegan = performance.now()
      }
      channel.position = batch.last
    }
    return worked + performance.now() - turnBegan
  }

  #hand(
    reader: FeedReader,
    told: { batch: Batch; events: readonly FeedEvent[]; text: Buffer },
  ): void {
    const { first, last } = told.batch
    if (reader.joinedAt < first) {
      this.#deliveries += told.events.length
      reader.deliver(told.text, last)
      return
    }
    // It joined while the batch was still waiting, and knows a part of it from the history.
    const news = told.events.filter(({ transition }) => transition.revision > reader.joinedAt)
    if (news.length === 0) return
    this.#deliveries += news.length
    reader.deliver(this.#textOf(news), last)
  }

  #textOf(events: readonly FeedEvent[]): Buffer {
    return Buffer.from(events.map(this.#encode).join(''))
  }

  #tick(): void {
    this.#loads.tick()
    for (const { readers, position } of this.#channels.values()) {
      for (const reader of readers) reader.idle(Math.max(position, reader.joinedAt))
    }
  }
}

import { expect } from 'vitest'
import type { EventBus, TransitionListener } from '../../../src/domain/event-bus.ts'
import type { AgentFilter } from '../../../src/domain/query/agent-filter.ts'
import { AgentMatcher } from '../../../src/domain/query/agent-matcher.ts'
import { RegistryError } from '../../../src/domain/registry-error.ts'
import type { Transition } from '../../../src/domain/transition.ts'
import { ChangeFeed } from '../../../src/feed/change-feed.ts'
import { feedEvent } from '../../../src/feed/feed-event.ts'
import type { FeedReader } from '../../../src/feed/feed-reader.ts'
import { transitionOf } from './sample-transition.ts'

/** A registry reduced to its history. */
export class History implements EventBus {
  readonly transitions: Transition[] = []
  readonly #listeners = new Set<TransitionListener>()
  #publishedTo = 0

  get revision(): number {
    return this.transitions.length
  }

  /** Number of reads of transitions that the feed could not buffer. */
  reads = 0
  beforeRead: (revision: number) => void = () => undefined
  /** The oldest available revision. */
  oldest = 1

  async eventsSince(revision: number, limit: number): Promise<readonly Transition[]> {
    this.reads++
    this.beforeRead(revision)
    if (revision < this.oldest - 1) throw new RegistryError('REVISION_GONE', 'trimmed')
    return this.transitions.slice(revision, revision + limit)
  }

  subscribe(listener: TransitionListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Appends registrations of agents that have the capability x, or are busy, or neither. */
  append(...kinds: readonly number[]): void {
    const states = ['alive ready', 'alive ready x', 'alive busy', 'alive busy x'] as const
    const batch = kinds.map((kind, at) =>
      transitionOf(
        'registered',
        { before: undefined, after: states[kind % states.length] ?? 'alive ready' },
        { revision: this.revision + at + 1 },
      ),
    )
    this.transitions.push(...batch)
    for (const listener of this.#listeners) listener(batch)
  }

  /** Appends registrations without publishing them yet. */
  appendUnpublished(...kinds: readonly number[]): void {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    this.#publishedTo = this.revision
    this.append(...kinds)
    for (const listener of listeners) this.#listeners.add(listener)
  }

  publishPending(): void {
    const pending = this.transitions.slice(this.#publishedTo)
    for (const listener of this.#listeners) listener(pending)
  }
}

/** A reader that behaves like a stream: it reads the history first, and then joins. */
export class Follower implements FeedReader {
  joinedAt: number
  readonly began: number
  readonly received: number[] = []
  readonly matcher: AgentMatcher
  readonly #key: string
  readonly #feed: ChangeFeed
  hasJoined = false
  /** The revision up to which it had received everything when it left. */
  leftAt: number | undefined
  deliveredTo = 0
  calls = 0

  constructor(feed: ChangeFeed, filter: AgentFilter, since: number) {
    this.#feed = feed
    this.matcher = new AgentMatcher(filter)
    this.#key = JSON.stringify(filter)
    this.began = since
    this.joinedAt = since
  }

  /** Reads some more of the history, or joins if there is no more. */
  catchUp(history: History, limit: number): void {
    if (this.hasJoined || this.leftAt !== undefined) return
    const missed = history.transitions.slice(this.joinedAt, this.joinedAt + limit)
    for (const transition of missed) {
      if (feedEvent(transition, this.matcher)) this.received.push(transition.revision)
    }
    this.joinedAt += missed.length
    if (missed.length === 0) this.hasJoined = this.#feed.join(this, this.#key, this.matcher)
  }

  deliver(text: Buffer, revision: number): void {
    expect(this.leftAt, 'sent after it left').toBeUndefined()
    this.calls++
    this.received.push(...text.toString().trim().split(' ').map(Number))
    expect(this.received.at(-1)).toBeLessThanOrEqual(revision)
    expect(revision).toBeGreaterThan(this.deliveredTo)
    this.deliveredTo = revision
  }

  idle(): void {}

  /** Called when the feed has dropped it: it has to catch up again. */
  fallBehind(): void {
    this.hasJoined = false
    this.joinedAt = Math.max(this.joinedAt, this.deliveredTo)
  }

  leave(): void {
    this.#feed.leave(this, this.#key)
    this.leftAt ??= this.received.at(-1) ?? this.began
  }

  /** Returns what it should have received: all matching revisions from its start to its end. */
  expected({ transitions }: History): number[] {
    return transitions
      .slice(this.began, this.leftAt)
      .filter((transition) => feedEvent(transition, this.matcher))
      .map(({ revision }) => revision)
  }
}

/** Creates a feed of a history, from its end on. */
export function feedOf(history: History): ChangeFeed {
  return new ChangeFeed({
    bus: history,
    from: { epoch: 'e', revision: history.revision },
    encode: ({ transition }) => `${transition.revision} `,
    history,
    loads: { listAll: async function* () {} },
    encodeLoads: () => '',
  })
}

/** Filters that some of the transitions match. */
export const FILTERS: readonly AgentFilter[] = [{}, { capabilities: ['x'] }, { statuses: ['busy'] }]

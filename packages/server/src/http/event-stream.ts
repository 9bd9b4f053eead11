import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { AgentFilter } from '../domain/query/agent-filter.ts'
import { AgentMatcher } from '../domain/query/agent-matcher.ts'
import { isRegistryError } from '../domain/registry-error.ts'
import type { ChangeFeed } from '../feed/change-feed.ts'
import { feedEvent } from '../feed/feed-event.ts'
import type { FeedReader } from '../feed/feed-reader.ts'
import { feedEventText, sentEvent, snapshotJson } from './event-json.ts'
import { StreamLoads } from './stream-loads.ts'
import { snapshotId, streamId } from './stream-position.ts'
import type { StreamStart } from './stream-start.ts'
import type { Turns } from './turns.ts'

/**
 * Bytes that may wait for a reader. When more do, nothing is added to them: the reader leaves the
 * others and goes through the history at its own pace, until it has caught up.
 */
const BUFFER_LIMIT = 1024 * 1024
/** Bytes that wait while a reader catches up, before more are read for it. */
const CATCH_UP_BUFFER = 64 * 1024
/** Milliseconds in which a reader that is behind must take what waits, or it is dropped. */
const STALL_LIMIT_MS = 10_000
/** Milliseconds that a dropped reader has to take what it was sent. */
const GOODBYE_MS = 5_000
/** Milliseconds of silence after which the stream says where it stands. */
const QUIET_MS = 15_000
/** Transitions read from the history at once. */
const PAGE = 500

/** Why the registry cut a stream off. */
export type DropReason = 'stalled' | 'failed'

/** What the streams have in common. */
export interface StreamContext {
  readonly repository: AgentRegistryRepository
  readonly feed: ChangeFeed
  readonly epoch: string
  /** Shared by those who catch up. */
  readonly turns: Turns
  /** Told of each reader that is cut off. */
  readonly dropped: (why: DropReason, error: unknown) => void
  /** Told of each stream that has ended, whoever ended it. */
  readonly left: (stream: EventStream) => void
}

/** The change feed as server-sent events to one client. */
export class EventStream implements FeedReader {
  readonly #context: StreamContext
  readonly #response: ServerResponse
  readonly #filter: AgentFilter
  readonly #matcher: AgentMatcher
  readonly #key: string
  readonly #start: StreamStart
  readonly loads: StreamLoads | undefined
  #joinedAt = 0
  /** Up to this revision the client has been told everything. */
  #toldTo = 0
  /** What the client would come back with if it lost the connection now. */
  #lastId: string
  /** It was told that it has caught up, since it last began anew. */
  #isSynced = false
  #lastWrite = performance.now()
  #ended = false

  /** @param response whose head is written already; from here on it belongs to the stream */
  constructor(
    context: StreamContext,
    response: ServerResponse,
    wanted: { filter: AgentFilter; start: StreamStart; loads: boolean },
  ) {
    const { filter, start } = wanted
    this.#context = context
    this.#response = response
    this.#filter = filter
    this.#start = start
    if (wanted.loads) {
      this.loads = new StreamLoads(response, filter, context.turns)
    }
    this.#matcher = new AgentMatcher(filter)
    this.#key = JSON.stringify(filter)
    this.#lastId = snapshotId(context.epoch)
    response.on('close', () => this.#leave())
    response.on('error', () => this.#leave())
  }

  get joinedAt(): number {
    return this.#joinedAt
  }

  /** Tells what the client does not know. Resolves when what happens is told as it happens. */
  async run(): Promise<void> {
    // The client may have gone before there was anybody to notice.
    if (this.#response.destroyed) this.#leave()
    try {
      if (this.#start.kind === 'resume') this.#advance(this.#start.revision)
      else await this.#tellAll(this.#start)
      await this.#catchUp()
    } catch (error) {
      this.#drop(error)
    }
  }

  deliver(text: Buffer, revision: number): void {
    if (this.#response.writableLength > BUFFER_LIMIT) {
      this.fallBehind()
      return
    }
    this.#advance(revision)
    this.#write(text)
    this.loads?.forgetKnown()
  }

  idle(revision: number): void {
    if (performance.now() - this.#lastWrite < QUIET_MS) return
    if (revision <= this.#toldTo) {
      this.#write(':\n\n')
      return
    }
    this.#advance(revision)
    this.#write(this.#word('bookmark', revision))
  }

  /** Says why, and ends the stream. Resolves when that has left. Twice is fine. */
  async end(reason: string): Promise<void> {
    if (!this.#ended) this.#response.end(this.#word('closing', this.#toldTo, reason))
    this.#leave()
    // Whether it ended well or the client has gone: there is nothing left to wait for.
    await finished(this.#response).catch(() => undefined)
  }

  /** All agents that match. */
  async #tellAll(start: Exclude<StreamStart, { kind: 'resume' }>): Promise<void> {
    const { repository, epoch } = this.#context
    const { revision } = await repository.counts()
    const id = snapshotId(epoch)
    this.#lastId = id
    this.#toldTo = revision
    this.#isSynced = false
    this.loads?.beginSnapshot()
    if (start.kind === 'reset') await this.#tell(this.#word('reset', revision, start.reason))
    for await (const agents of repository.listAll({ ...this.#filter, aliveBy: 'transitions' })) {
      const events = agents.map((agent) =>
        sentEvent({ id, type: 'snapshot', json: snapshotJson(agent) }),
      )
      for (const { agentId, load } of agents) this.loads?.note(agentId, load)
      await this.#tell(events.join(''))
      if (this.#ended) break
    }
  }

  /** Goes through the history from where the client is, and then joins the others. */
  async #catchUp(): Promise<void> {
    const { repository, feed, epoch } = this.#context
    while (!this.#ended) {
      const missed = await repository.eventsSince(this.#toldTo, PAGE).catch((error: unknown) => {
        if (isRegistryError(error, 'REVISION_GONE')) return error.message
        throw error
      })
      if (typeof missed === 'string') {
        await this.#tellAll({ kind: 'reset', reason: missed })
        continue
      }
      const events = missed.flatMap((transition) => feedEvent(transition, this.#matcher) ?? [])
      for (const { transition } of events) {
        this.loads?.note(transition.agentId, transition.agent.load)
      }
      this.#advance(missed.at(-1)?.revision ?? this.#toldTo)
      await this.#tell(events.map((event) => feedEventText(event, epoch)).join(''))
      if (missed.length > 0 || this.#ended) continue
      this.#joinedAt = this.#toldTo
      if (!feed.join(this, this.#key, this.#matcher)) continue
      if (!this.#isSynced) this.#write(this.#word('synced', this.#toldTo))
      this.#isSynced = true
      return
    }
  }

  /** What the others are told is too much for this reader now. */
  async fallBehind(): Promise<void> {
    this.#context.feed.leave(this, this.#key)
    this.loads?.leave()
    try {
      await this.#drained()
      await this.#catchUp()
    } catch (error) {
      this.#drop(error)
    }
  }

  /** Writes, and waits while the client is behind. */
  async #tell(text: string): Promise<void> {
    if (text === '') return
    this.#write(text)
    if (this.#response.writableLength > CATCH_UP_BUFFER) await this.#drained()
    await this.#context.turns.next()
  }

  /** Resolves when the client has taken everything, or has gone. */
  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const response = this.#response
      const done = (): void => {
        clearTimeout(overdue)
        response.off('drain', done).off('close', done)
        resolve()
      }
      const overdue = setTimeout(() => {
        response.off('drain', done).off('close', done)
        reject(new StalledReader(response.writableLength))
      }, STALL_LIMIT_MS)
      response.on('drain', done).on('close', done)
    })
  }

  #write(text: string | Buffer): void {
    if (this.#ended || this.#response.destroyed) return
    this.#lastWrite = performance.now()
    this.#response.write(text)
  }

  #advance(revision: number): void {
    this.#toldTo = revision
    this.#lastId = streamId(this.#context.epoch, revision)
  }

  /** A word about the stream itself, with the place to come back to. */
  #word(type: 'synced' | 'bookmark' | 'reset' | 'closing', revision: number, reason?: string) {
    const { epoch } = this.#context
    const json = JSON.stringify({ type, revision, epoch, reason })
    return sentEvent({ id: this.#lastId, type, json })
  }

  #drop(error: unknown): void {
    if (this.#ended) return
    const isStalled = error instanceof StalledReader
    this.#context.dropped(isStalled ? 'stalled' : 'failed', error)
    // What nobody foresaw keeps its story to itself.
    const isForeseen = isStalled || isRegistryError(error)
    this.end(isForeseen ? `dropped: ${error.message}` : 'dropped: the registry failed')
    setTimeout(() => this.#response.destroy(), GOODBYE_MS).unref()
  }

  #leave(): void {
    this.#ended = true
    this.#context.feed.leave(this, this.#key)
    this.loads?.leave()
    this.#context.left(this)
  }
}

class StalledReader extends Error {
  override readonly name = 'StalledReader'

  constructor(waiting: number) {
    super(`the reader is too slow: ${waiting} bytes wait since ${STALL_LIMIT_MS / 1000} s`)
  }
}

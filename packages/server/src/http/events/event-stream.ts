import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import { AgentMatcher } from '../../domain/query/agent-matcher.ts'
import { type ListPosition, positionOf } from '../../domain/query/agent-query.ts'
import { isRegistryError } from '../../domain/registry-error.ts'
import { feedEvent } from '../../feed/feed-event.ts'
import type { FeedReader } from '../../feed/feed-reader.ts'
import { writesFlushed } from '../../feed/feed-work.ts'
import type { SlicedWork } from '../../scheduling/time-slices.ts'
import { feedEventText, sentEvent, snapshotJson } from './event-json.ts'
import { StalledReader } from './stalled-reader.ts'
import type { StreamContext } from './stream-context.ts'
import { StreamLoads } from './stream-loads.ts'
import { snapshotId, streamId } from './stream-position.ts'
import type { StreamStart } from './stream-start.ts'

/** Bytes that wait while a reader catches up, before more are read for it. */
const CATCH_UP_BUFFER = 64 * 1024
/** Transitions between two looks at the clock: with the longest texts, they take 0.5 ms. */
const STEP = 8
/** Milliseconds that a dropped reader has to take what it was sent. */
const GOODBYE_MS = 5_000
/** Milliseconds of silence after which the stream says where it stands. */
const QUIET_MS = 15_000
/** Transitions read from the history at once: fewer for a reader that does not take them. */
const PAGE = { least: 8, most: 500 }

/** The change feed as server-sent events to one client. */
export class EventStream implements FeedReader {
  readonly #context: StreamContext
  readonly #response: ServerResponse
  readonly #filter: AgentFilter
  readonly #matcher: AgentMatcher
  readonly #key: string
  readonly #start: StreamStart
  /** Going through a snapshot or the history. */
  readonly #work: SlicedWork
  readonly loads: StreamLoads | undefined
  #joinedAt = 0
  /** Up to this revision the client has been told everything. */
  #toldTo = 0
  /** What the client would come back with if it lost the connection now. */
  #lastId: string
  /** It was told that it has caught up, since it last began anew. */
  #isSynced = false
  #lastWrite = performance.now()
  #page = PAGE.most
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
    this.#work = context.slices.begin()
    if (wanted.loads) {
      this.loads = new StreamLoads(response, { filter, ...context })
    }
    this.#matcher = new AgentMatcher(filter)
    this.#key = JSON.stringify(filter)
    this.#lastId = snapshotId(context.epoch)
    response.on('close', () => this.#leave()).on('error', () => this.#leave())
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
    if (this.#response.writableLength > this.#context.bufferLimit()) {
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

  /** Drops a reader that does not take what waits for it. */
  dropSlow(): void {
    // It does not even take the goodbye.
    if (this.#ended) this.#response.destroy()
    this.#drop(new StalledReader(this.#response.writableLength))
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
    const { repository, epoch, pages } = this.#context
    const { revision } = await repository.counts()
    const id = snapshotId(epoch)
    this.#lastId = id
    this.#toldTo = revision
    this.#isSynced = false
    this.loads?.beginSnapshot()
    if (start.kind === 'reset') await this.#tell(this.#word('reset', revision, start.reason))
    for (let after: ListPosition | 'all' | undefined = 'all'; after && !this.#ended; ) {
      const from: ListPosition | undefined = after === 'all' ? undefined : after
      after = await pages.hold(() => this.#tellSome(from, id))
      await this.#drained()
    }
  }

  /** Agents, as many as the client takes without a pause. Returns after which to go on, if any. */
  async #tellSome(after: ListPosition | undefined, id: string): Promise<ListPosition | undefined> {
    // The client may have gone while this waited for its turn.
    if (this.#ended) return undefined
    const limit = this.#page
    const query = { ...this.#filter, aliveBy: 'transitions', after, limit } as const
    let text = ''
    let count = 0
    let last: AgentRecord | undefined
    for await (const agents of this.#context.repository.listAll(query)) {
      for (const agent of agents) {
        this.loads?.note(agent.agentId, agent.load)
        text += sentEvent({ id, type: 'snapshot', json: snapshotJson(agent) })
        count++
        last = agent
        if (text.length < CATCH_UP_BUFFER) continue
        await this.#tell(text)
        text = ''
        if (!this.#isBehind && !this.#ended) continue
        this.#page = Math.max(PAGE.least, count)
        return positionOf(agent)
      }
      await this.#tell(text)
      text = ''
      if (this.#ended) return undefined
    }
    this.#page = Math.min(PAGE.most, 2 * this.#page)
    return last && count === limit ? positionOf(last) : undefined
  }

  /** Goes through the history from where the client is, and then joins the others. */
  async #catchUp(): Promise<void> {
    const { pages, feed } = this.#context
    while (!this.#ended) {
      const missed = await pages.hold(() => this.#tellMissed())
      if (typeof missed === 'string') {
        await this.#tellAll({ kind: 'reset', reason: missed })
        continue
      }
      await this.#drained()
      if (missed > 0 || this.#ended) continue
      this.#joinedAt = this.#toldTo
      if (!feed.join(this, this.#key, this.#matcher)) continue
      if (!this.#isSynced) this.#write(this.#word('synced', this.#toldTo))
      this.#isSynced = true
      return
    }
  }

  /**
   * A page of the history, or as much of it as the client takes without a pause: the rest is read again
   * later. Returns how many transitions that was, or why there is none.
   */
  async #tellMissed(): Promise<number | string> {
    if (this.#ended) return 0
    const missed = await this.#context.repository
      .eventsSince(this.#toldTo, this.#page)
      .catch((error: unknown) => {
        if (isRegistryError(error, 'REVISION_GONE')) return error.message
        throw error
      })
    if (typeof missed === 'string') return missed
    // Behind a snapshot, too: it is complete now, and the client may come back to this place.
    if (missed.length === 0) this.#advance(this.#toldTo)
    let text = ''
    for (const [index, transition] of missed.entries()) {
      if (index % STEP === 0) await this.#work.next()
      const event = feedEvent(transition, this.#matcher)
      if (event) {
        this.loads?.note(transition.agentId, transition.agent.load)
        text += feedEventText(event, this.#context.epoch)
      }
      if (text.length < CATCH_UP_BUFFER && index < missed.length - 1) continue
      this.#advance(transition.revision)
      await this.#tell(text)
      text = ''
      if (!this.#isBehind && !this.#ended) continue
      this.#page = Math.max(PAGE.least, index + 1)
      return index + 1
    }
    this.#page = Math.min(PAGE.most, 2 * this.#page)
    return missed.length
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

  /** Writes; whether the client takes it shows then. */
  async #tell(text: string): Promise<void> {
    if (text === '') return
    this.#write(text)
    if (!this.#isBehind) await writesFlushed()
    await this.#work.next()
  }

  /** More waits for the client than it is given at once while it catches up. */
  get #isBehind(): boolean {
    const limit = Math.min(CATCH_UP_BUFFER, this.#context.bufferLimit())
    return this.#response.writableLength > limit
  }

  /** Resolves when a client that is behind has taken everything, or has gone. */
  async #drained(): Promise<void> {
    const response = this.#response
    if (!this.#isBehind || response.destroyed) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done).off('close', done)
        resolve()
      }
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
    this.#work.end()
    this.#context.feed.leave(this, this.#key)
    this.loads?.leave()
    this.#context.left()
  }
}

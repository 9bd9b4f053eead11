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
import { StalledReaderError } from './stalled-reader-error.ts'
import type { StreamContext } from './stream-context.ts'
import { StreamLoads } from './stream-loads.ts'
import { snapshotId, streamId } from './stream-position.ts'
import type { StreamStart } from './stream-start.ts'

/** Maximum unsent bytes while a reader catches up, before more is read for it. */
const CATCH_UP_BUFFER = 64 * 1024
/** Transitions between two checks of the clock: with the longest texts, they take 0.5 ms. */
const STEP = 8
/** Milliseconds that a dropped reader has to read what it was sent. */
const CLOSE_TIMEOUT_MS = 5_000
/** Milliseconds of silence after which the stream sends its position. */
const BOOKMARK_INTERVAL_MS = 15_000
/** Transitions read from the history at once: fewer for a reader that does not keep up. */
const PAGE = { min: 8, max: 500 }

/** The change feed as server-sent events to one client. */
export class EventStream implements FeedReader {
  readonly #context: StreamContext
  readonly #response: ServerResponse
  readonly #filter: AgentFilter
  readonly #matcher: AgentMatcher
  readonly #key: string
  readonly #start: StreamStart
  /** The task that reads a snapshot or the history. */
  readonly #work: SlicedWork
  readonly loads: StreamLoads | undefined
  #joinedAt = 0
  /** The revision up to which the client has received everything. */
  #position = 0
  /** The id with which the client would resume if it lost the connection now. */
  #lastId: string
  /** Whether `synced` was sent since the last snapshot. */
  #isSynced = false
  #lastWrite = performance.now()
  #pageSize = PAGE.max
  #ended = false

  /** @param response a response with its head already written; the stream takes ownership of it */
  constructor(
    context: StreamContext,
    response: ServerResponse,
    options: { filter: AgentFilter; start: StreamStart; loads: boolean },
  ) {
    const { filter, start } = options
    this.#context = context
    this.#response = response
    this.#filter = filter
    this.#start = start
    this.#work = context.slices.begin()
    if (options.loads) {
      this.loads = new StreamLoads(response, { filter, ...context })
    }
    this.#matcher = new AgentMatcher(filter)
    this.#key = JSON.stringify(filter)
    this.#lastId = snapshotId(context.feed.branch)
    response.on('close', () => this.#leave()).on('error', () => this.#leave())
  }

  get joinedAt(): number {
    return this.#joinedAt
  }

  /** Sends everything that the client has missed. Resolves when the stream is live. */
  async run(): Promise<void> {
    // The client may have disconnected before the listeners were added.
    if (this.#response.destroyed) this.#leave()
    try {
      if (this.#start.kind === 'resume') this.#advance(this.#start.revision)
      else await this.#sendSnapshot(this.#start)
      await this.#catchUp()
    } catch (error) {
      this.#drop(error)
    }
  }

  deliver(text: Buffer, revision: number): void {
    if (this.#response.writableLength > this.#context.bufferLimit()) {
      void this.fallBehind()
      return
    }
    this.#advance(revision)
    this.#write(text)
    this.loads?.forgetKnown()
  }

  idle(revision: number): void {
    if (performance.now() - this.#lastWrite < BOOKMARK_INTERVAL_MS) return
    if (revision <= this.#position) {
      this.#write(':\n\n')
      return
    }
    this.#advance(revision)
    this.#write(this.#control('bookmark', revision))
  }

  /** Drops a reader that does not keep up. */
  dropSlow(): void {
    // It does not even read the closing event.
    if (this.#ended) this.#response.destroy()
    this.#drop(new StalledReaderError(this.#response.writableLength))
  }

  /** Sends the reason and ends the stream. Resolves when the response is complete. Idempotent. */
  async end(reason: string): Promise<void> {
    if (!this.#ended) this.#response.end(this.#control('closing', this.#position, reason))
    this.#leave()
    // A disconnected client is fine as well: there is nothing left to wait for.
    await finished(this.#response).catch(() => undefined)
  }

  /** Sends all matching agents. */
  async #sendSnapshot(start: Exclude<StreamStart, { kind: 'resume' }>): Promise<void> {
    const { repository, feed, pages } = this.#context
    const { revision } = await repository.counts()
    const id = snapshotId(feed.branch)
    this.#lastId = id
    this.#position = revision
    this.#isSynced = false
    this.loads?.beginSnapshot()
    if (start.kind === 'reset') await this.#send(this.#control('reset', revision, start.reason))
    for (let after: ListPosition | 'all' | undefined = 'all'; after && !this.#ended; ) {
      const from: ListPosition | undefined = after === 'all' ? undefined : after
      after = await pages.run(() => this.#sendPage(from, id))
      await this.#drained()
    }
  }

  /** Sends as many agents as the client reads without a pause. Returns where to continue, if at all. */
  async #sendPage(after: ListPosition | undefined, id: string): Promise<ListPosition | undefined> {
    // The client may have disconnected while this waited for a slot.
    if (this.#ended) return undefined
    const limit = this.#pageSize
    const query = { ...this.#filter, aliveBy: 'transitions', after, limit } as const
    let text = ''
    let count = 0
    let last: AgentRecord | undefined
    for await (const agents of this.#context.repository.listAll(query)) {
      for (const agent of agents) {
        this.loads?.recordSent(agent.agentId, agent.load)
        text += sentEvent({ id, type: 'snapshot', json: snapshotJson(agent) })
        count++
        last = agent
        if (text.length < CATCH_UP_BUFFER) continue
        await this.#send(text)
        text = ''
        if (!this.#isBehind && !this.#ended) continue
        this.#pageSize = Math.max(PAGE.min, count)
        return positionOf(agent)
      }
      await this.#send(text)
      text = ''
      if (this.#ended) return undefined
    }
    this.#pageSize = Math.min(PAGE.max, 2 * this.#pageSize)
    return last && count === limit ? positionOf(last) : undefined
  }

  /** Sends the history from the position of the client, and then joins the feed. */
  async #catchUp(): Promise<void> {
    const { pages, feed } = this.#context
    while (!this.#ended) {
      const missed = await pages.run(() => this.#sendMissedPage())
      if (typeof missed === 'string') {
        await this.#sendSnapshot({ kind: 'reset', reason: missed })
        continue
      }
      await this.#drained()
      if (missed > 0 || this.#ended) continue
      this.#joinedAt = this.#position
      if (!feed.join(this, this.#key, this.#matcher)) continue
      if (!this.#isSynced) this.#write(this.#control('synced', this.#position))
      this.#isSynced = true
      return
    }
  }

  /**
   * Sends a page of the history, or as much of it as the client reads without a pause; the rest is read
   * again later. Returns the number of transitions, or the reason why the history is unavailable.
   */
  async #sendMissedPage(): Promise<number | string> {
    if (this.#ended) return 0
    const missed = await this.#context.repository
      .eventsSince(this.#position, this.#pageSize)
      .catch((error: unknown) => {
        if (isRegistryError(error, 'REVISION_GONE')) return error.message
        throw error
      })
    if (typeof missed === 'string') return missed
    // A preceding snapshot is now complete, so the client may resume from here.
    if (missed.length === 0) this.#advance(this.#position)
    let text = ''
    for (const [index, transition] of missed.entries()) {
      if (index % STEP === 0) await this.#work.next()
      const event = feedEvent(transition, this.#matcher)
      if (event) {
        this.loads?.recordSent(transition.agentId, transition.agent.load)
        text += feedEventText(event, this.#context.feed.branch)
      }
      if (text.length < CATCH_UP_BUFFER && index < missed.length - 1) continue
      this.#advance(transition.revision)
      await this.#send(text)
      text = ''
      if (!this.#isBehind && !this.#ended) continue
      this.#pageSize = Math.max(PAGE.min, index + 1)
      return index + 1
    }
    this.#pageSize = Math.min(PAGE.max, 2 * this.#pageSize)
    return missed.length
  }

  /** Leaves the feed and catches up from the history, because the reader is too slow. */
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

  /** Writes a text and waits until the write shows whether the client keeps up. */
  async #send(text: string): Promise<void> {
    if (text === '') return
    this.#write(text)
    if (!this.#isBehind) await writesFlushed()
    await this.#work.next()
  }

  /** Whether more is buffered for the client than allowed while it catches up. */
  get #isBehind(): boolean {
    const limit = Math.min(CATCH_UP_BUFFER, this.#context.bufferLimit())
    return this.#response.writableLength > limit
  }

  /** Resolves when a client that is behind has read everything, or has disconnected. */
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
    this.#position = revision
    this.#lastId = streamId(this.#context.feed.branch, revision)
  }

  /** Encodes a stream control event, with the id from which to resume. */
  #control(type: 'synced' | 'bookmark' | 'reset' | 'closing', revision: number, reason?: string) {
    const epoch = this.#context.feed.branch
    const json = JSON.stringify({ type, revision, epoch, reason })
    return sentEvent({ id: this.#lastId, type, json })
  }

  #drop(error: unknown): void {
    if (this.#ended) return
    const isStalled = error instanceof StalledReaderError
    this.#context.dropped(isStalled ? 'stalled' : 'failed', error)
    // Details of unexpected errors are not disclosed.
    const isExpected = isStalled || isRegistryError(error)
    void this.end(isExpected ? `dropped: ${error.message}` : 'dropped: internal error')
    setTimeout(() => this.#response.destroy(), CLOSE_TIMEOUT_MS).unref()
  }

  #leave(): void {
    this.#ended = true
    this.#work.end()
    this.#context.feed.leave(this, this.#key)
    this.loads?.leave()
    this.#context.closed()
  }
}

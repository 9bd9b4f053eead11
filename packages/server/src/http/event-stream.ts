import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { AgentFilter } from '../domain/query/agent-filter.ts'
import { AgentMatcher } from '../domain/query/agent-matcher.ts'
import { isRegistryError } from '../domain/registry-error.ts'
import type { ChangeFeed, FeedReader } from '../feed/change-feed.ts'
import { feedEvent } from '../feed/feed-event.ts'
import { feedEventText, sentEvent, snapshotJson } from './event-json.ts'
import { snapshotId, streamId } from './stream-position.ts'

/** Bytes that may wait for a reader; one that lets more pile up is dropped. */
const BUFFER_LIMIT = 1024 * 1024
/** Bytes that wait while a reader catches up, before more are read for it. */
const CATCH_UP_BUFFER = 64 * 1024
/** Milliseconds in which a reader must take something while it catches up. */
const STALL_LIMIT_MS = 30_000
/** Milliseconds that a dropped reader has to take what it was sent. */
const GOODBYE_MS = 5_000
/** Milliseconds of silence after which the stream says where it stands. */
const QUIET_MS = 15_000
/** Transitions read from the history at once. */
const PAGE = 500

/** Where a stream begins. */
export type StreamStart =
  /** Behind what the client knows. */
  | { readonly kind: 'resume'; readonly revision: number }
  | { readonly kind: 'snapshot' }
  /** The client cannot go on where it was: forget everything, then a snapshot. */
  | { readonly kind: 'reset'; readonly reason: string }

/** Why a stream was cut off by the registry. */
export type DropReason = 'too slow' | 'stalled' | 'failed'

/** What the streams have in common. */
export interface StreamContext {
  readonly repository: AgentRegistryRepository
  readonly feed: ChangeFeed
  readonly epoch: string
  /** Told of each reader that is cut off. */
  readonly dropped: (why: DropReason, detail: string) => void
}

/** The change feed as server-sent events to one client. */
export class EventStream implements FeedReader {
  readonly #context: StreamContext
  readonly #response: ServerResponse
  readonly #filter: AgentFilter
  readonly #matcher: AgentMatcher
  readonly #key: string
  #joinedAt = 0
  /** Of the last event or bookmark that the client has. */
  #toldTo = 0
  #lastWrite = performance.now()
  #ended = false

  /** @param response whose head is not written yet; from here on it belongs to the stream */
  constructor(context: StreamContext, response: ServerResponse, filter: AgentFilter) {
    this.#context = context
    this.#response = response
    this.#filter = filter
    this.#matcher = new AgentMatcher(filter)
    this.#key = JSON.stringify(filter)
    response.once('close', () => this.#leave())
    response.once('error', () => this.#leave())
  }

  get joinedAt(): number {
    return this.#joinedAt
  }

  /** Tells what the client missed or does not know, and then what happens, until it goes. */
  async run(start: StreamStart): Promise<void> {
    try {
      let from = start
      for (;;) {
        const revision = await this.#begin(from)
        const gone = await this.#follow(revision)
        if (gone === undefined) return
        from = { kind: 'reset', reason: gone }
      }
    } catch (error) {
      if (this.#ended) return
      const detail = error instanceof Error ? error.message : String(error)
      this.#drop(error instanceof StalledReader ? 'stalled' : 'failed', detail)
    }
  }

  deliver(text: Buffer, revision: number): void {
    if (this.#ended) return
    this.#toldTo = revision
    this.#write(text)
    const waiting = this.#response.writableLength
    if (waiting > BUFFER_LIMIT) this.#drop('too slow', `${waiting} bytes wait to be read`)
  }

  idle(revision: number): void {
    if (performance.now() - this.#lastWrite < QUIET_MS) return
    if (revision === this.#toldTo) {
      this.#write(':\n\n')
      return
    }
    this.#toldTo = revision
    this.#write(this.#word('bookmark', revision))
  }

  end(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#response.end(this.#word('closing', this.#toldTo, reason))
    this.#leave()
  }

  /** Gives the client its ground to stand on. Resolves with the revision from which to go on. */
  async #begin(start: StreamStart): Promise<number> {
    if (start.kind === 'resume') return start.revision
    const { revision } = await this.#context.repository.counts()
    const id = snapshotId(this.#context.epoch)
    if (start.kind === 'reset') {
      await this.#tell(this.#word('reset', revision, start.reason, id))
    }
    for await (const agents of this.#context.repository.listAll(this.#filter)) {
      const events = agents.map((agent) =>
        sentEvent({ id, type: 'snapshot', json: snapshotJson(agent) }),
      )
      await this.#tell(events.join(''))
      if (this.#ended) break
    }
    return revision
  }

  /**
   * Goes through the history until it has caught up, and joins the others. Resolves with the
   * reason when the history is gone, else with undefined.
   */
  async #follow(since: number): Promise<string | undefined> {
    const { repository, feed, epoch } = this.#context
    for (this.#joinedAt = since; !this.#ended; ) {
      const missed = await repository.eventsSince(this.#joinedAt, PAGE).catch((error: unknown) => {
        if (isRegistryError(error, 'REVISION_GONE')) return error.message
        throw error
      })
      if (typeof missed === 'string') return missed
      const events = missed.flatMap((transition) => feedEvent(transition, this.#matcher) ?? [])
      await this.#tell(events.map((event) => feedEventText(event, epoch)).join(''))
      this.#joinedAt = missed.at(-1)?.revision ?? this.#joinedAt
      if (missed.length > 0 || this.#ended) continue
      if (!feed.join(this, this.#key, this.#matcher)) continue
      this.#toldTo = this.#joinedAt
      this.#write(this.#word('synced', this.#joinedAt))
      return undefined
    }
    return undefined
  }

  /** Writes, and waits while the client is behind. */
  async #tell(text: string): Promise<void> {
    if (text === '' || this.#ended) return
    this.#write(text)
    if (this.#response.writableLength < CATCH_UP_BUFFER) return
    const stalled = AbortSignal.timeout(STALL_LIMIT_MS)
    await once(this.#response, 'drain', { signal: stalled }).catch((error: unknown) => {
      throw stalled.aborted ? new StalledReader() : error
    })
  }

  #write(text: string | Buffer): void {
    if (this.#response.destroyed) return
    this.#lastWrite = performance.now()
    this.#response.write(text)
  }

  #word(type: string, revision: number, reason?: string, id?: string): string {
    const { epoch } = this.#context
    return sentEvent({
      id: id ?? streamId(epoch, revision),
      type,
      json: JSON.stringify({ type, revision, epoch, reason }),
    })
  }

  #drop(why: DropReason, detail: string): void {
    this.#context.dropped(why, detail)
    this.end(
      `dropped: the reader ${why === 'failed' ? 'could not be served' : `is ${why}`}, ${detail}`,
    )
    setTimeout(() => this.#response.destroy(), GOODBYE_MS).unref()
  }

  #leave(): void {
    this.#ended = true
    this.#context.feed.leave(this, this.#key)
  }
}

class StalledReader extends Error {
  override readonly name = 'StalledReader'

  constructor() {
    super(`nothing was read for ${STALL_LIMIT_MS / 1000} s`)
  }
}

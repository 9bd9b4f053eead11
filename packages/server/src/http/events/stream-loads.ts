import type { ServerResponse } from 'node:http'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import type { CurrentLoads, KnownLoads, LoadReader } from '../../feed/load-audience.ts'
import type { SlicedWork, TimeSlices } from '../../scheduling/time-slices.ts'

/** Bytes that may wait for a reader before reports are dropped instead of queued. */
const BUFFER_LIMIT = 256 * 1024
/** Bytes that wait while all loads are sent, before more are read. */
const CATCH_UP_BUFFER = 64 * 1024

/**
 * The load reports of one stream. They have no id and are never queued: a reader that is behind
 * misses some, and is sent all loads, as they are then, once it has caught up.
 */
export class StreamLoads implements LoadReader {
  readonly filter: AgentFilter
  readonly #response: ServerResponse
  readonly #work: SlicedWork
  readonly #bufferLimit: () => number
  /** What the client was sent in a snapshot; undefined: nothing that still counts. */
  #known: Map<string, number | null> | undefined
  /** Undefined while the stream goes through the history: its loads would overwrite newer ones. */
  #current: CurrentLoads | undefined
  #isBehind = false
  #isSendingAll = false

  /** @param options.bufferLimit bytes that may wait for the reader of the stream */
  constructor(
    response: ServerResponse,
    options: { filter: AgentFilter; slices: TimeSlices; bufferLimit: () => number },
  ) {
    this.#response = response
    this.filter = options.filter
    this.#work = options.slices.begin()
    this.#bufferLimit = options.bufferLimit
  }

  get known(): KnownLoads | undefined {
    return this.#known
  }

  /** A snapshot begins, whose agents carry their loads. */
  beginSnapshot(): void {
    this.#known = new Map()
  }

  /** Notes what the client was sent with an agent. */
  note(agentId: string, load: number | null): void {
    this.#known?.set(agentId, load)
  }

  /** From here on the client is sent agents that are not noted. */
  forgetKnown(): void {
    this.#known = undefined
  }

  begin(current: CurrentLoads): void {
    this.#current = current
    this.#sendAll()
  }

  deliver(text: Buffer): void {
    const limit = Math.min(BUFFER_LIMIT, this.#bufferLimit())
    if (this.#response.writableLength > limit) this.#sendAll()
    else this.#write(text)
  }

  /** The stream leaves the others, and may {@link begin} anew. */
  leave(): void {
    this.#current = undefined
    this.#known = undefined
  }

  async #sendAll(): Promise<void> {
    this.#isBehind = true
    if (this.#isSendingAll) return
    this.#isSendingAll = true
    while (this.#isBehind && !this.#isGone) {
      this.#isBehind = false
      await this.#untilDrained()
      const current = this.#current
      if (current === undefined) break
      for (const text of current(this.#known)) {
        // Written at once, while nothing newer can have been.
        if (text !== '') this.#write(text)
        await this.#untilDrained()
        await this.#work.next()
        if (this.#isGone || this.#current !== current) break
      }
      this.#known = undefined
      // It has left meanwhile, and perhaps come back: what is there now is to be sent.
      if (this.#current !== current) this.#isBehind = true
    }
    this.#isSendingAll = false
  }

  get #isGone(): boolean {
    return this.#response.destroyed || this.#response.writableEnded
  }

  #write(text: string | Buffer): void {
    if (!this.#isGone) this.#response.write(text)
  }

  /** Resolves when little waits for the client, or when it has gone. */
  async #untilDrained(): Promise<void> {
    const response = this.#response
    const limit = Math.min(CATCH_UP_BUFFER, this.#bufferLimit())
    if (response.writableLength <= limit || this.#isGone) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done).off('close', done)
        resolve()
      }
      response.on('drain', done).on('close', done)
    })
  }
}

import type { ServerResponse } from 'node:http'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import type { CurrentLoads, KnownLoads, LoadReader } from '../../feed/load-audience.ts'
import type { SlicedWork, TimeSlices } from '../../scheduling/time-slices.ts'

/** Maximum unsent bytes before reports are dropped instead of buffered. */
const BUFFER_LIMIT = 256 * 1024
/** Maximum unsent bytes while all loads are being sent, before more are encoded. */
const CATCH_UP_BUFFER = 64 * 1024

/**
 * The load reports of one stream. They have no id and are never queued: a reader that is behind misses
 * some, and receives all current loads once it has caught up.
 */
export class StreamLoads implements LoadReader {
  readonly filter: AgentFilter
  readonly #response: ServerResponse
  readonly #work: SlicedWork
  readonly #bufferLimit: () => number
  /** The loads that the client received in a snapshot; undefined if they are no longer valid. */
  #known: Map<string, number | null> | undefined
  /** Undefined while the stream reads the history, whose loads would overwrite newer ones. */
  #current: CurrentLoads | undefined
  #isBehind = false
  #isSendingAll = false

  /** @param options.bufferLimit returns the maximum unsent bytes of the stream */
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

  /** Called when a snapshot begins, whose agents include their loads. */
  beginSnapshot(): void {
    this.#known = new Map()
  }

  /** Records the load that the client received with an agent. */
  recordSent(agentId: string, load: number | null): void {
    this.#known?.set(agentId, load)
  }

  /** Discards the recorded loads, because the client now receives agents that are not recorded. */
  forgetKnown(): void {
    this.#known = undefined
  }

  begin(current: CurrentLoads): void {
    this.#current = current
    void this.#sendAll()
  }

  deliver(text: Buffer): void {
    const limit = Math.min(BUFFER_LIMIT, this.#bufferLimit())
    if (this.#response.writableLength > limit) void this.#sendAll()
    else this.#write(text)
  }

  /** Called when the stream leaves the feed; it may {@link begin} again. */
  leave(): void {
    this.#current = undefined
    this.#known = undefined
  }

  async #sendAll(): Promise<void> {
    this.#isBehind = true
    if (this.#isSendingAll) return
    this.#isSendingAll = true
    while (this.#isBehind && !this.#isClosed) {
      this.#isBehind = false
      await this.#untilDrained()
      const current = this.#current
      if (current === undefined) break
      for (const text of current(this.#known)) {
        // Written synchronously, before anything newer can be.
        if (text !== '') this.#write(text)
        await this.#untilDrained()
        await this.#work.next()
        if (this.#isClosed || this.#current !== current) break
      }
      this.#known = undefined
      // It has left in the meantime, and perhaps rejoined: send what is current now.
      if (this.#current !== current) this.#isBehind = true
    }
    this.#isSendingAll = false
  }

  get #isClosed(): boolean {
    return this.#response.destroyed || this.#response.writableEnded
  }

  #write(text: string | Buffer): void {
    if (!this.#isClosed) this.#response.write(text)
  }

  /** Resolves when little is buffered for the client, or when it has disconnected. */
  async #untilDrained(): Promise<void> {
    const response = this.#response
    const limit = Math.min(CATCH_UP_BUFFER, this.#bufferLimit())
    if (response.writableLength <= limit || this.#isClosed) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done).off('close', done)
        resolve()
      }
      response.on('drain', done).on('close', done)
    })
  }
}

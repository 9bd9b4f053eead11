import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { HistoryRequest, HistorySlice } from './messages.ts'

/** Reads one slice of the history. */
export type ReadSlice = (request: HistoryRequest) => Promise<HistorySlice>

/**
 * The reads of the history: one slice is read at a time, so that one that was given up costs nothing
 * more, and a long one takes turns with the others.
 */
export class SqliteHistoryReads {
  readonly #readSlice: ReadSlice
  #reads = 0
  #isBusy = false
  /** Slices that wait; called when it is their turn. */
  readonly #waiting = new Set<() => void>()

  constructor(readSlice: ReadSlice) {
    this.#readSlice = readSlice
  }

  /**
   * Does a read, as many slices as it asks for.
   *
   * @throws RegistryError `OVERLOADED` when too many wait, or the reason of the signal
   */
  async run<T>(
    read: (readSlice: ReadSlice) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted()
    if (this.#reads >= SERVER_LIMITS.historyReadsWaiting.value) {
      throw new RegistryError('OVERLOADED', `${this.#reads} reads of the history wait already`)
    }
    this.#reads++
    try {
      return await read((request) => this.#inTurn(request, signal))
    } finally {
      this.#reads--
    }
  }

  async #inTurn(request: HistoryRequest, signal: AbortSignal | undefined): Promise<HistorySlice> {
    signal?.throwIfAborted()
    if (this.#isBusy) await this.#turn(signal)
    this.#isBusy = true
    let slice: HistorySlice
    try {
      slice = await this.#readSlice(request)
    } finally {
      this.#passOn()
    }
    signal?.throwIfAborted()
    return slice
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const begin = (): void => {
      signal?.removeEventListener('abort', giveUp)
      resolve()
    }
    const giveUp = (): void => {
      if (this.#waiting.delete(begin)) reject(signal?.reason)
    }
    this.#waiting.add(begin)
    signal?.addEventListener('abort', giveUp, { once: true })
    return promise
  }

  #passOn(): void {
    const [next] = this.#waiting
    // With someone waiting it stays busy: a new read must not come in between.
    this.#isBusy = next !== undefined
    if (next === undefined) return
    this.#waiting.delete(next)
    next()
  }
}

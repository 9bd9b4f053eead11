import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { HistoryRequest, HistorySlice } from './messages.ts'

/** Reads one slice of the history. */
export type ReadSlice = (request: HistoryRequest) => Promise<HistorySlice>

/**
 * Schedules reads of the history: one slice at a time, so that an aborted read costs nothing more, and
 * a long read alternates with the others.
 */
export class SqliteHistoryReads {
  readonly #readSlice: ReadSlice
  #reads = 0
  #isBusy = false
  /** Waiting slices, each called when it is its turn. */
  readonly #waiting = new Set<() => void>()

  constructor(readSlice: ReadSlice) {
    this.#readSlice = readSlice
  }

  /**
   * Runs a read, which may consist of several slices.
   *
   * @throws RegistryError `OVERLOADED` when too many reads wait, or the reason of the signal
   */
  async run<T>(
    read: (readSlice: ReadSlice) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted()
    if (this.#reads >= SERVER_LIMITS.historyReadsWaiting.value) {
      throw new RegistryError(
        'OVERLOADED',
        `${this.#reads} reads of the history are already waiting`,
      )
    }
    this.#reads++
    try {
      return await read((request) => this.#readInTurn(request, signal))
    } finally {
      this.#reads--
    }
  }

  async #readInTurn(
    request: HistoryRequest,
    signal: AbortSignal | undefined,
  ): Promise<HistorySlice> {
    signal?.throwIfAborted()
    if (this.#isBusy) await this.#waitForTurn(signal)
    this.#isBusy = true
    let slice: HistorySlice
    try {
      slice = await this.#readSlice(request)
    } finally {
      this.#startNext()
    }
    signal?.throwIfAborted()
    return slice
  }

  #waitForTurn(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const begin = (): void => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }
    const onAbort = (): void => {
      if (this.#waiting.delete(begin)) reject(signal?.reason)
    }
    this.#waiting.add(begin)
    signal?.addEventListener('abort', onAbort, { once: true })
    return promise
  }

  #startNext(): void {
    const [next] = this.#waiting
    // It stays busy while a slice is waiting: a new read must not overtake it.
    this.#isBusy = next !== undefined
    if (next === undefined) return
    this.#waiting.delete(next)
    next()
  }
}

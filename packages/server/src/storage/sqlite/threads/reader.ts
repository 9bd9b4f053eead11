import { RegistryError } from '../../../domain/registry-error.ts'
import type { HistoryRequest, HistorySlice, ReaderOptions, ReaderRequest } from './messages.ts'
import { SqliteThread } from './thread.ts'

/**
 * Reads the history on a thread with a connection of its own, so that no write waits for a read. The
 * thread begins with the first read, and anew with the next one when it has ended.
 */
export class SqliteReader {
  readonly #options: () => ReaderOptions
  #thread: Promise<SqliteThread<ReaderRequest>> | undefined

  /** @param options asked for when the thread begins */
  constructor(options: () => ReaderOptions) {
    this.#options = options
  }

  /** @throws RegistryError `STORAGE_UNAVAILABLE` */
  async read(request: HistoryRequest): Promise<HistorySlice> {
    const thread = await this.#open()
    const outcome = await thread.send(request)
    if (outcome.ok && outcome.value?.slice) return outcome.value.slice
    throw unavailable(outcome.ok ? 'nothing was read' : outcome.message)
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    const thread = await this.#thread?.catch(() => undefined)
    this.#thread = undefined
    await thread?.finish({ kind: 'close' })
  }

  async #open(): Promise<SqliteThread<ReaderRequest>> {
    const before = this.#thread
    if (before && (await before).ended !== undefined && this.#thread === before) {
      this.#thread = undefined
    }
    this.#thread ??= this.#start()
    return this.#thread
  }

  async #start(): Promise<SqliteThread<ReaderRequest>> {
    try {
      const options = this.#options()
      return (await SqliteThread.start<ReaderRequest>('reader-thread', options)).thread
    } catch (error) {
      this.#thread = undefined
      throw unavailable(error instanceof Error ? error.message : String(error))
    }
  }
}

function unavailable(reason: string): RegistryError {
  return new RegistryError('STORAGE_UNAVAILABLE', `the history cannot be read: ${reason}`)
}

import { RegistryError } from '../../../domain/registry-error.ts'
import type {
  CardRequest,
  HistoryRequest,
  HistorySlice,
  ReaderOptions,
  ReaderRequest,
  ThreadValue,
} from './messages.ts'
import { SqliteThread } from './thread.ts'

/**
 * Reads the history and cards on a thread with its own connection, so that no write waits for a read. The first
 * read starts the thread; if it ends, the next read starts another.
 */
export class SqliteReader {
  readonly #options: () => ReaderOptions
  #thread: Promise<SqliteThread<ReaderRequest>> | undefined

  /** @param options called when the thread starts */
  constructor(options: () => ReaderOptions) {
    this.#options = options
  }

  /** @throws RegistryError `STORAGE_UNAVAILABLE` */
  async read(request: HistoryRequest): Promise<HistorySlice> {
    const { slice } = await this.#send(request)
    if (slice) return slice
    throw unavailable('the response contained no data')
  }

  /** Reads the card of an agent; null: it has none. @throws RegistryError `STORAGE_UNAVAILABLE` */
  async readCard(agentId: string): Promise<string | null> {
    return (await this.#send({ kind: 'cardOf', agentId })).card ?? null
  }

  /** Closes the file. */
  async close(): Promise<void> {
    const thread = await this.#thread?.catch(() => undefined)
    this.#thread = undefined
    await thread?.finish({ kind: 'close' })
  }

  async #send(request: HistoryRequest | CardRequest): Promise<ThreadValue> {
    const thread = await this.#open()
    const outcome = await thread.send(request)
    if (!outcome.ok) throw unavailable(outcome.message)
    return outcome.value ?? {}
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
  return new RegistryError('STORAGE_UNAVAILABLE', `the file cannot be read: ${reason}`)
}

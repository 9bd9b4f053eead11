import { workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { identityOf } from '../file/file-guard.ts'
import { CardTable } from '../schema/cards.ts'
import { SqliteHistory } from './history.ts'
import type {
  CardRequest,
  HistoryRequest,
  ReaderOptions,
  ReaderRequest,
  ThreadData,
  ThreadResponse,
} from './messages.ts'

// The thread that reads the history, so that the writer thread never waits for a reader.

const { options, port } = workerData as ThreadData<ReaderOptions>

class HistoryFile {
  readonly #db: Database.Database
  readonly #history: SqliteHistory
  readonly #cards: CardTable

  constructor({ path, identity }: ReaderOptions) {
    // SQLite would recreate missing files, and accept replaced ones.
    if (identityOf(path) !== identity) throw new Error(`${path} was replaced`)
    this.#db = new Database(path, { readonly: true, fileMustExist: true })
    this.#history = new SqliteHistory(this.#db)
    this.#cards = new CardTable(this.#db)
  }

  read(request: HistoryRequest | CardRequest): ThreadResponse {
    if (request.kind === 'cardOf') {
      return { ok: true, value: { card: this.#cards.read(request.agentId) } }
    }
    const slice = this.#history.read(request)
    return { ok: true, value: { slice } }
  }

  close(): void {
    this.#db.close()
  }
}

function attempt(work: () => ThreadResponse): ThreadResponse {
  try {
    return work()
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}

let file: HistoryFile | undefined
port.postMessage([
  attempt(() => {
    file = new HistoryFile(options)
    return { ok: true }
  }),
])
// A thread that could not open the file has nothing to wait for.
if (file === undefined) port.close()
else serve(file)

function serve(opened: HistoryFile): void {
  port.on('message', (request: ReaderRequest) => {
    if (request.kind !== 'close') {
      port.postMessage([attempt(() => opened.read(request))])
      return
    }
    opened.close()
    port.postMessage([{ ok: true }])
    // Once this response is sent; an open port would keep the thread alive.
    setImmediate(() => port.close())
  })
}

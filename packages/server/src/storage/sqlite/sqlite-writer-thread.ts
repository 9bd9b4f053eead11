import { parentPort, workerData } from 'node:worker_threads'
import type { Statement } from 'better-sqlite3'
import { AGENT_COLUMNS } from './sqlite-columns.ts'
import { openDatabase } from './sqlite-database.ts'
import {
  HEARTBEAT_CELLS,
  type TransitionRow,
  type WriterOptions,
  type WriterReady,
  type WriterRequest,
  type WriterResponse,
  type WriterValue,
} from './sqlite-messages.ts'

/** Transitions between two trims of the history. */
const TRIM_EVERY = 1000

/**
 * The thread that owns the file. It takes one request at a time, so a commit that waits for the
 * disk holds up nothing but the next commit.
 */
class SqliteWriter {
  readonly #file
  readonly #historyLimit: number
  readonly #upsertAgent: Statement
  readonly #deleteAgent: Statement
  readonly #insertTransition: Statement
  readonly #updateHeartbeat: Statement
  readonly #updatePosition: Statement
  readonly #updateLeaseTimes: Statement
  #untrimmed = 0

  constructor(options: WriterOptions) {
    this.#file = openDatabase(options.path)
    this.#historyLimit = options.historyLimit
    const { db } = this.#file
    const names = AGENT_COLUMNS.join(', ')
    const marks = AGENT_COLUMNS.map(() => '?').join(', ')
    this.#upsertAgent = db.prepare(`INSERT OR REPLACE INTO agents (${names}) VALUES (${marks})`)
    this.#deleteAgent = db.prepare('DELETE FROM agents WHERE agent_id = ?')
    this.#insertTransition = db.prepare(
      `INSERT INTO transitions (transition_revision, type, at, reason, ${names})
       VALUES (?, ?, ?, ?, ${marks})`,
    )
    this.#updateHeartbeat = db.prepare(
      `UPDATE agents SET last_heartbeat = ?, expires_at = ?, lease_deadline = ?, load = ?
       WHERE agent_id = ?`,
    )
    this.#updatePosition = db.prepare('UPDATE registry SET revision = ?, lease_now = ?')
    this.#updateLeaseTimes = db.prepare(
      'UPDATE registry SET lease_now = ?, heartbeats_saved_to = ?',
    )
  }

  ready(): WriterReady {
    return this.#file.db
      .prepare(`SELECT epoch, revision, lease_now AS leaseNow, heartbeats_saved_to AS savedTo
         FROM registry`)
      .get() as WriterReady
  }

  perform(request: WriterRequest): WriterValue | undefined {
    switch (request.kind) {
      case 'commit':
        this.#transaction(() => this.#commit(request))
        return undefined
      case 'saveHeartbeats':
        this.#transaction(() => this.#saveHeartbeats(request))
        return undefined
      case 'eventsSince':
        return this.#eventsSince(request.revision, request.limit)
      case 'close':
        this.#file.close()
        return undefined
    }
  }

  /** All or nothing. A full disk may have ended the transaction already. */
  #transaction(work: () => void): void {
    const { db } = this.#file
    db.exec('BEGIN IMMEDIATE')
    try {
      work()
      db.exec('COMMIT')
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK')
      throw error
    }
  }

  #commit(request: WriterRequest & { kind: 'commit' }): void {
    for (const { row, gone, transition } of request.changes) {
      if (gone) this.#deleteAgent.run(row[0])
      else this.#upsertAgent.run(row)
      if (transition.length === 0) continue
      this.#insertTransition.run(row.at(-1), ...transition, ...row)
      this.#untrimmed++
    }
    this.#updatePosition.run(request.revision, request.leaseNow)
    if (this.#untrimmed >= TRIM_EVERY) {
      this.#untrimmed = 0
      this.#file.db
        .prepare('DELETE FROM transitions WHERE transition_revision <= ?')
        .run(request.revision - this.#historyLimit)
    }
  }

  #saveHeartbeats({ cells, leaseNow, savedTo }: WriterRequest & { kind: 'saveHeartbeats' }): void {
    for (let at = 0; at < cells.length; at += HEARTBEAT_CELLS) {
      this.#updateHeartbeat.run(cells.slice(at, at + HEARTBEAT_CELLS))
    }
    this.#updateLeaseTimes.run(leaseNow, savedTo)
  }

  #eventsSince(revision: number, limit: number): WriterValue {
    const { db } = this.#file
    const newest = db.prepare('SELECT revision FROM registry').pluck().get() as number
    const oldest = db.prepare('SELECT min(transition_revision) FROM transitions').pluck().get() as
      | number
      | null
    const kept = Math.max(oldest ?? newest + 1, newest - this.#historyLimit + 1)
    const rows = db
      .prepare('SELECT * FROM transitions WHERE transition_revision > ? ORDER BY 1 LIMIT ?')
      .all(Math.max(revision, kept - 1), limit) as TransitionRow[]
    return { oldest: kept, rows }
  }
}

const port = parentPort
if (port === null) throw new Error('the SQLite writer runs as a worker thread')

const answer = (work: () => unknown): void => {
  try {
    port.postMessage({ ok: true, value: work() })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const response: WriterResponse = { ok: false, message }
    port.postMessage(response)
  }
}

let writer: SqliteWriter | undefined
answer(() => {
  writer = new SqliteWriter(workerData as WriterOptions)
  return writer.ready()
})
port.on('message', (request: WriterRequest) => {
  answer(() => writer?.perform(request))
  if (request.kind === 'close') port.close()
})
// A thread that could not open the file has nothing to wait for.
if (writer === undefined) port.close()

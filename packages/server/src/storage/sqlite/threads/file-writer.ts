import Database, { type Statement } from 'better-sqlite3'
import type { AccessToken } from '../../../access/access-token.ts'
import type { Branch } from '../../../domain/history-position.ts'
import type { MaintenanceChange } from '../../../domain/maintenance.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { HistoryBounds } from '../../live/journal.ts'
import { identityOf, SqliteFileGuard } from '../file/file-guard.ts'
import {
  CHECKPOINT_PAGES,
  emptyLog,
  type OwnedDatabase,
  openDatabase,
} from '../file/open-database.ts'
import { WAL_HINT } from '../file/wal-size.ts'
import { deleteToken, readTokens, writeToken } from '../schema/access-tokens.ts'
import { readBranches, writeBranches } from '../schema/branches.ts'
import { CardTable } from '../schema/cards.ts'
import { AGENT_COLUMNS } from '../schema/columns.ts'
import { readMaintenance, writeMaintenance } from '../schema/maintenance.ts'
import { prepareInsertTransition, prepareUpsertAgent } from '../schema/statements.ts'
import { readWebhooks, type WebhookWrite, writeWebhooks } from '../schema/webhooks.ts'
import { SqliteHistory } from './history.ts'
import {
  CHANGE_CELLS,
  type FileStats,
  HEARTBEAT_CELLS,
  type HistoryRequest,
  type HistorySlice,
  ROW_DELETE,
  type ThreadResponse,
  type WriterOptions,
  type WriterReady,
  type WriterRequest,
} from './messages.ts'

/**
 * Milliseconds between two checkpoints of a log that is too short for an automatic one. Without them, the file
 * of a small registry would be empty until it stops, and so would a plain copy of it; see
 * docs/decisions/0017-backups.md for the cost.
 */
const CHECKPOINT_INTERVAL_MS = 5000
/** Transitions removed per trim: about 3 ms of work, which delays commits. */
const TRIM_SLICE = 500

export type Commit = WriterRequest & { readonly kind: 'commit' }

const REVISION = AGENT_COLUMNS.indexOf('revision')

const BASE_FAILED: ThreadResponse = { ok: false, message: 'the write before it failed' }

/** Writes the file of a registry, on its own thread. Methods throw the errors of SQLite. */
export class SqliteFileWriter {
  readonly #path: string
  readonly #file: OwnedDatabase
  /** Undefined for an in-memory database. */
  readonly #guard: SqliteFileGuard | undefined
  readonly #history: SqliteHistory
  readonly #cards: CardTable
  readonly #begin: Statement
  readonly #end: Statement
  readonly #upsertAgent: Statement
  readonly #deleteAgent: Statement
  readonly #insertTransition: Statement
  readonly #updateHeartbeat: Statement
  readonly #updatePosition: Statement
  readonly #updateLeaseTimes: Statement
  #revision: number
  #lastCommitFailed = false
  #isClaimed = false
  #checkpointedAt = performance.now()

  constructor(options: WriterOptions) {
    this.#path = options.path
    this.#file = openDatabase(options.path, options)
    const { db } = this.#file
    this.#history = new SqliteHistory(db)
    this.#cards = new CardTable(db)
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#end = db.prepare('COMMIT')
    this.#upsertAgent = prepareUpsertAgent(db)
    this.#deleteAgent = db.prepare('DELETE FROM agents WHERE agent_id = ?')
    this.#insertTransition = prepareInsertTransition(db)
    this.#updateHeartbeat = db.prepare(
      `UPDATE agents SET last_heartbeat = ?, expires_at = ?, lease_deadline = ?, load = ?
       WHERE agent_id = ?`,
    )
    this.#updatePosition = db.prepare('UPDATE registry SET revision = ?, lease_now = ?')
    this.#updateLeaseTimes = db.prepare(
      'UPDATE registry SET lease_now = ?, heartbeats_saved_to = ?',
    )
    this.#revision = this.ready().revision
    // After the first read, all files exist.
    if (options.path !== ':memory:') this.#guard = new SqliteFileGuard(db, options.path)
  }

  ready(): WriterReady {
    const position = this.#file.db
      .prepare(
        `SELECT epoch, revision, lease_now AS leaseNow, heartbeats_saved_to AS savedTo,
           owner_pid AS ownerPid
         FROM registry`,
      )
      .get() as Pick<WriterReady, 'epoch' | 'revision' | 'leaseNow' | 'savedTo' | 'ownerPid'>
    const { db } = this.#file
    return {
      ...position,
      branches: readBranches(db),
      maintenance: readMaintenance(db),
      tokens: readTokens(db),
      webhooks: readWebhooks(db),
      isOurs: position.ownerPid === process.pid,
      identity: identityOf(this.#path),
    }
  }

  /** Writes several commits in one transaction, so that they share one fsync. */
  commit(commits: readonly Commit[]): ThreadResponse[] {
    let revision = this.#revision
    let hasFailed = this.#lastCommitFailed
    this.#lastCommitFailed = true
    const responses = this.#transaction(() =>
      commits.map((commit): ThreadResponse => {
        // It was planned on top of a commit that failed.
        hasFailed = (hasFailed && commit.buildsOnPending) || commit.baseRevision !== revision
        if (hasFailed) return BASE_FAILED
        revision = commit.revision
        this.#write(commit)
        return { ok: true }
      }),
    )
    this.#revision = revision
    this.#lastCommitFailed = responses.at(-1)?.ok === false
    return responses
  }

  saveHeartbeats({ cells, leaseNow, savedTo }: WriterRequest & { kind: 'saveHeartbeats' }): void {
    this.#transaction(() => {
      for (let at = 0; at < cells.length; at += HEARTBEAT_CELLS) {
        this.#updateHeartbeat.run(cells.slice(at, at + HEARTBEAT_CELLS))
      }
      this.#updateLeaseTimes.run(leaseNow, savedTo)
    })
  }

  saveMaintenance(change: MaintenanceChange): void {
    this.#transaction(() => writeMaintenance(this.#file.db, change))
  }

  saveToken(token: AccessToken): void {
    this.#transaction(() => writeToken(this.#file.db, token))
  }

  deleteToken(id: string): void {
    this.#transaction(() => deleteToken(this.#file.db, id))
  }

  writeWebhooks(write: WebhookWrite): void {
    this.#transaction(() => writeWebhooks(this.#file.db, write))
  }

  readCard(agentId: string): string | null {
    return this.#cards.read(agentId)
  }

  readHistory(request: HistoryRequest): HistorySlice {
    return this.#history.read(request)
  }

  /** Removes a slice of the oldest transitions outside the bounds. Returns whether there are more. */
  trimHistory(bounds: HistoryBounds): boolean {
    this.#requireWritable()
    const { db } = this.#file
    const first = db.prepare('SELECT min(transition_revision) FROM transitions').pluck().get() as
      | number
      | null
    if (first === null) return false
    const slice = first + TRIM_SLICE
    const end = this.#history.oldestKept(bounds, slice) ?? slice
    if (end === first) return false
    // Old history that reappears after a crash is harmless, so no fsync is needed.
    db.pragma('synchronous = NORMAL')
    try {
      db.prepare('DELETE FROM transitions WHERE transition_revision < ?').run(end)
    } finally {
      db.pragma('synchronous = FULL')
    }
    return end === slice
  }

  /**
   * Records the owner of the file, for the error message of other processes, and the line of branches, so
   * that the branch of this start is durable before any position names it.
   */
  claim(branches?: readonly Branch[]): void {
    const { db } = this.#file
    db.transaction(() => {
      db.prepare('UPDATE registry SET owner_pid = ?').run(process.pid)
      if (branches) writeBranches(db, branches)
    }).immediate()
    this.#isClaimed = true
  }

  /** Checks the files. Throws when new writes would be lost; see {@link SqliteFileGuard}. */
  checkFiles(): FileStats {
    if (this.#guard === undefined) return { links: 1, walBytes: 0 }
    const { links, walBytes, pendingFrames } = this.#guard.inspect()
    if (walBytes > SERVER_LIMITS.walBytes.value) {
      // Commits no longer checkpoint a log that has reached its limit.
      if (pendingFrames > CHECKPOINT_PAGES) this.#file.db.pragma('wal_checkpoint(PASSIVE)')
      else emptyLog(this.#file.db)
    } else if (pendingFrames > 0) this.#checkpointSometimes()
    return { links, walBytes }
  }

  close(): void {
    this.#guard?.close()
    if (this.#guard?.isLogLost) keepLog(this.#path)
    // A file that could not be read is not claimed: its lock file is removed.
    if (this.#isClaimed) this.#file.close()
    else this.#file.discard()
  }

  #checkpointSometimes(): void {
    const now = performance.now()
    if (now - this.#checkpointedAt < CHECKPOINT_INTERVAL_MS) return
    this.#checkpointedAt = now
    try {
      this.#file.db.pragma('wal_checkpoint(PASSIVE)')
    } catch {
      // The disk is full, for instance: everything is still in the log.
    }
  }

  /** Runs `work` atomically. */
  #transaction<T>(work: () => T): T {
    this.#requireWritable()
    this.#begin.run()
    try {
      const result = work()
      // Checked again: a problem found here means that nothing was written.
      this.#guard?.requireInPlace()
      this.#end.run()
      this.#guard?.requireCommitted()
      return result
    } catch (error) {
      const { db } = this.#file
      // A full disk may have ended the transaction already.
      if (db.inTransaction) db.exec('ROLLBACK')
      throw error
    }
  }

  #requireWritable(): void {
    if (this.#guard === undefined) return
    this.#guard.requireIntact()
    if (this.#guard.walBytes <= SERVER_LIMITS.walBytesInAll.value) return
    throw new Error(
      `the write-ahead log of the database has reached its limit of 1 GiB, because ${WAL_HINT}`,
    )
  }

  #write({ cells, cards, revision, leaseNow }: Commit): void {
    const width = CHANGE_CELLS + AGENT_COLUMNS.length
    for (let at = 0; at < cells.length; at += width) {
      const row = cells.slice(at + CHANGE_CELLS, at + width)
      if (cells[at] === ROW_DELETE) this.#deleteAgent.run(row[0])
      else this.#upsertAgent.run(row)
      if (cells[at + 1] === null) continue
      // The first cell, the kind of the change, becomes the revision.
      const transition = cells.slice(at, at + width)
      transition[0] = row[REVISION] as number
      this.#insertTransition.run(transition)
    }
    if (cards !== undefined) this.#cards.write(cards)
    this.#updatePosition.run(revision, leaseNow)
  }
}

/**
 * Keeps SQLite from checkpointing a log with a hole, as the last connection to close does: this read-only
 * connection stays open until the thread has ended.
 */
function keepLog(path: string): void {
  try {
    new Database(path, { readonly: true }).pragma('schema_version')
  } catch {
    // It holds its lock on the file anyway, or there is no file to damage.
  }
}

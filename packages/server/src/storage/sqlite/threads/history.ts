import type { Database, Statement } from 'better-sqlite3'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { HistoryBounds } from '../../live/journal.ts'
import { AGENT_COLUMNS } from '../schema/columns.ts'
import type { HistoryRequest, HistorySlice, TransitionRow } from './messages.ts'

const COLUMNS = `transition_revision, type, at, reason, actor, before_traits, ${AGENT_COLUMNS.join(', ')}`
/** Approximate bytes of a row without its texts. */
const ROW_BYTES = 300

/**
 * Reads the history from an open database, a slice at a time. No transaction stays open between two
 * slices: it would keep the write-ahead log from being emptied.
 */
export class SqliteHistory {
  readonly #db: Database
  readonly #oldestKept: Statement
  readonly #eventsSince: Statement
  readonly #historyOf: Statement

  constructor(db: Database) {
    this.#db = db
    // Stops at the first row that is young enough, so it only scans rows that are due to be trimmed.
    this.#oldestKept = db
      .prepare(
        `SELECT transition_revision FROM transitions
         WHERE transition_revision >= ? AND transition_revision < ? AND at >= ?
         ORDER BY transition_revision LIMIT 1`,
      )
      .pluck()
    this.#eventsSince = db.prepare(
      `SELECT ${COLUMNS} FROM transitions WHERE transition_revision > ? AND transition_revision <= ?
       ORDER BY transition_revision LIMIT ?`,
    )
    this.#historyOf = db.prepare(
      `SELECT ${COLUMNS} FROM transitions
       WHERE agent_id = ? AND transition_revision >= ? AND transition_revision < ?
       ORDER BY transition_revision DESC LIMIT ?`,
    )
  }

  /** Reads a slice as of one moment. */
  read(request: HistoryRequest): HistorySlice {
    return this.#db.transaction(() => {
      const oldest = this.oldestKept(request)
      if (oldest === undefined) return { oldest: null, rows: [], isTruncated: false }
      return { oldest, ...this.#rows(request, oldest) }
    })()
  }

  /** Returns the first transition within the bounds; a clock that stepped back may make later ones older. */
  oldestKept(bounds: HistoryBounds, end = Number.MAX_SAFE_INTEGER): number | undefined {
    return this.#oldestKept.get(bounds.firstKept, end, bounds.notBeforeMs) as number | undefined
  }

  #rows(request: HistoryRequest, oldest: number): Omit<HistorySlice, 'oldest'> {
    const { lastVisible, limit } = request
    if (request.kind === 'eventsSince') {
      const after = Math.max(request.revision, oldest - 1)
      return slice(this.#eventsSince.iterate(after, lastVisible, limit))
    }
    const before = Math.min(request.before, lastVisible + 1)
    const { rows, isTruncated } = slice(
      this.#historyOf.iterate(request.agentId, oldest, before, limit),
    )
    return { rows: rows.reverse(), isTruncated }
  }
}

/** Collects rows, at least one, up to the size limit of a slice. */
function slice(found: IterableIterator<unknown>): { rows: TransitionRow[]; isTruncated: boolean } {
  const rows: TransitionRow[] = []
  let bytes = 0
  for (const each of found) {
    // Leaving the loop also closes the statement.
    if (bytes >= SERVER_LIMITS.historySliceBytes.value) return { rows, isTruncated: true }
    const row = each as TransitionRow
    rows.push(row)
    bytes += sizeOf(row)
  }
  return { rows, isTruncated: false }
}

function sizeOf(row: TransitionRow): number {
  let bytes = ROW_BYTES
  for (const value of Object.values(row)) if (typeof value === 'string') bytes += value.length
  return bytes
}

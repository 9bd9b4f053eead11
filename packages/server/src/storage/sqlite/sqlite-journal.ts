import type { Lease } from '../../domain/lease.ts'
import type { LeaseClock } from '../../domain/lease-clock.ts'
import type { Transition, TransitionType } from '../../domain/transition.ts'
import type { Journal, JournalEntry } from '../live/journal.ts'
import { revisionGone } from '../live/revision-gone.ts'
import type { SqlValue } from './sqlite-columns.ts'
import { ROW_DELETE, ROW_PUT } from './sqlite-messages.ts'
import { RowReader, toRow } from './sqlite-rows.ts'
import type { SqliteWriterClient } from './sqlite-writer.ts'

/** A journal in a SQLite file, written by a thread of its own. */
export class SqliteJournal implements Journal {
  readonly #writer: SqliteWriterClient
  readonly #clock: LeaseClock

  constructor(writer: SqliteWriterClient, clock: LeaseClock) {
    this.#writer = writer
    this.#clock = clock
  }

  async commit({ changes, ...position }: JournalEntry): Promise<void> {
    const cells: SqlValue[] = []
    for (const { lease, gone, transition } of changes) {
      cells.push(
        gone ? ROW_DELETE : ROW_PUT,
        transition?.type ?? null,
        transition?.atMs ?? null,
        transition?.reason ?? null,
        ...toRow(lease, this.#clock),
      )
    }
    await this.#writer.request({ kind: 'commit', cells, ...position })
  }

  async saveHeartbeats(
    leases: readonly Lease[],
    times: { leaseNow: number; savedTo: number },
  ): Promise<void> {
    const cells: SqlValue[] = []
    for (const lease of leases) {
      cells.push(
        this.#clock.beatToWall(lease.lastBeat),
        this.#clock.deadlineToWall(lease.deadline),
        lease.deadline,
        lease.load,
        lease.agentId,
      )
    }
    await this.#writer.request({ kind: 'saveHeartbeats', cells, ...times })
  }

  async eventsSince(revision: number, limit: number): Promise<readonly Transition[]> {
    const found = await this.#writer.request({ kind: 'eventsSince', revision, limit })
    if (found === undefined) return []
    if (revision < found.oldest - 1) throw revisionGone(revision, found.oldest)
    const reader = new RowReader(this.#clock)
    return found.rows.map((row) => ({
      revision: row.transition_revision,
      type: row.type as TransitionType,
      agentId: row.agent_id as string,
      atMs: row.at,
      reason: row.reason,
      agent: reader.toRecord(row, row.at),
    }))
  }

  close(): Promise<void> {
    return this.#writer.close()
  }
}

import type { Lease } from '../../domain/lease.ts'
import type { LeaseClock } from '../../domain/lease-clock.ts'
import type { Transition } from '../../domain/transition.ts'
import { noteBefore } from '../before-traits.ts'
import type { HistoryBounds, HistoryPage, Journal, JournalEntry } from '../live/journal.ts'
import { RecentTransitions } from '../live/recent-transitions.ts'
import type { SqlValue } from './sqlite-columns.ts'
import { ROW_DELETE, ROW_PUT, type TransitionRow } from './sqlite-messages.ts'
import { RowReader, toRow } from './sqlite-rows.ts'
import type { SqliteWriterClient } from './sqlite-writer.ts'

/** Transitions that are also in memory: what a follower missed who was away for a moment. */
const RECENT_TRANSITIONS = 2000

/** A journal in a SQLite file, written by a thread of its own. */
export class SqliteJournal implements Journal {
  readonly #writer: SqliteWriterClient
  readonly #clock: LeaseClock
  readonly #recent = new RecentTransitions(RECENT_TRANSITIONS)

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
        transition ? noteBefore(transition) : null,
        ...toRow(lease, this.#clock),
      )
    }
    await this.#writer.request({ kind: 'commit', cells, ...position })
    this.#recent.push(changes.flatMap(({ transition }) => transition ?? []))
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

  async eventsSince(revision: number, limit: number, bounds: HistoryBounds): Promise<HistoryPage> {
    // Whoever follows the feed asks for what has just happened, and need not wait for the thread.
    if (revision + 1 >= (this.#recent.oldest ?? Number.POSITIVE_INFINITY)) {
      return this.#recent.page(revision, limit, bounds)
    }
    const found = await this.#writer.request({ kind: 'eventsSince', revision, limit, ...bounds })
    return { oldest: found?.oldest ?? undefined, transitions: this.#read(found?.rows) }
  }

  async historyOf(
    agentId: string,
    range: { before: number; limit: number },
    bounds: HistoryBounds,
  ): Promise<readonly Transition[]> {
    const found = await this.#writer.request({ kind: 'historyOf', agentId, ...range, ...bounds })
    return this.#read(found?.rows)
  }

  async trimHistory(bounds: HistoryBounds): Promise<boolean> {
    return (await this.#writer.request({ kind: 'trimHistory', ...bounds }))?.more ?? false
  }

  #read(rows: readonly TransitionRow[] = []): Transition[] {
    const reader = new RowReader(this.#clock)
    return rows.map((row) => reader.toTransition(row))
  }

  close(): Promise<void> {
    return this.#writer.close()
  }
}

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

/** Takes warnings for the operator. */
export interface WarningLogger {
  /** Writes one line; the details are for machines. */
  warn(details: object, message: string): void
}

/** A journal in a SQLite file, written by a thread of its own. */
export class SqliteJournal implements Journal {
  readonly #writer: SqliteWriterClient
  readonly #clock: LeaseClock
  readonly #logger: WarningLogger | undefined
  #links = 1
  readonly #recent = new RecentTransitions(RECENT_TRANSITIONS)

  constructor(parts: {
    writer: SqliteWriterClient
    clock: LeaseClock
    logger: WarningLogger | undefined
  }) {
    this.#writer = parts.writer
    this.#clock = parts.clock
    this.#logger = parts.logger
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

  async check(): Promise<void> {
    const links = (await this.#writer.request({ kind: 'checkFiles' }))?.links ?? 1
    if (links > 1 && this.#links === 1) {
      this.#logger?.warn(
        { links },
        'the database file has another name now (a hard link): a program that opens it there ' +
          'damages it, and the registry will not start again before the link is removed',
      )
    }
    this.#links = links
  }

  #read(rows: readonly TransitionRow[] = []): Transition[] {
    const reader = new RowReader(this.#clock)
    return rows.map((row) => reader.toTransition(row))
  }

  close(): Promise<void> {
    return this.#writer.close()
  }
}

import type { Lease } from '../../domain/lease.ts'
import type { MaintenanceChange } from '../../domain/maintenance.ts'
import type { RegistryError } from '../../domain/registry-error.ts'
import type { LeaseTime } from '../../domain/time-scales.ts'
import type { Transition } from '../../domain/transition.ts'
import type {
  HistoryBounds,
  HistoryPage,
  HistoryRead,
  Journal,
  JournalEntry,
} from '../live/journal.ts'
import type { LeaseClock } from '../live/lease-clock.ts'
import { RecentTransitions } from '../live/recent-transitions.ts'
import { encodePreviousState } from '../previous-state.ts'
import type { WarningLogger } from '../warning-logger.ts'
import { WalSize } from './file/wal-size.ts'
import type { CardRow } from './schema/cards.ts'
import type { SqlValue } from './schema/columns.ts'
import { RowReader, toRow } from './schema/rows.ts'
import { type ReadSlice, SqliteHistoryReads } from './threads/history-reads.ts'
import { ROW_DELETE, ROW_PUT, type TransitionRow } from './threads/messages.ts'
import type { SqliteReader } from './threads/reader.ts'
import type { SqliteWriter } from './threads/writer.ts'

/** Transitions also kept in memory, for subscribers that were disconnected briefly. */
const RECENT_TRANSITIONS = 2000

/** A journal in an SQLite file, with one thread that writes it and another that reads it. */
export class SqliteJournal implements Journal {
  readonly #writer: SqliteWriter
  /** Undefined for an in-memory database, which only the writer can access. */
  readonly #reader: SqliteReader | undefined
  readonly #reads: SqliteHistoryReads
  readonly #clock: LeaseClock
  readonly #logger: WarningLogger | undefined
  readonly #log: WalSize
  #links = 1
  readonly #recent = new RecentTransitions(RECENT_TRANSITIONS)

  constructor(parts: {
    writer: SqliteWriter
    reader: SqliteReader | undefined
    clock: LeaseClock
    logger: WarningLogger | undefined
  }) {
    const { writer, reader } = parts
    this.#writer = writer
    this.#reader = reader
    this.#reads = new SqliteHistoryReads(async (request) => {
      if (reader) return reader.read(request)
      const value = await writer.request(request)
      return value?.slice ?? { oldest: null, rows: [], isTruncated: false }
    })
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#log = new WalSize(parts)
  }

  async commit({ changes, ...position }: JournalEntry): Promise<void> {
    const cells: SqlValue[] = []
    let cards: CardRow[] | undefined
    for (const { lease, gone, transition, card } of changes) {
      if (card !== undefined) cards = [...(cards ?? []), [lease.agentId, card]]
      cells.push(
        gone ? ROW_DELETE : ROW_PUT,
        transition?.type ?? null,
        transition?.atMs ?? null,
        transition?.reason ?? null,
        transition?.actor ?? null,
        transition ? encodePreviousState(transition) : null,
        ...toRow(lease, this.#clock),
      )
    }
    await this.#writer.request({ kind: 'commit', cells, ...(cards && { cards }), ...position })
    this.#recent.push(changes.flatMap(({ transition }) => transition ?? []))
  }

  async saveHeartbeats(
    leases: readonly Lease[],
    times: { leaseNow: LeaseTime; savedTo: LeaseTime },
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

  async saveMaintenance(change: MaintenanceChange): Promise<void> {
    await this.#writer.request({ kind: 'saveMaintenance', change })
  }

  async eventsSince(
    revision: number,
    limit: number,
    { signal, ...bounds }: HistoryRead,
  ): Promise<HistoryPage> {
    // Clients that follow the feed read recent transitions, and need not wait for the thread.
    if (revision + 1 >= (this.#recent.oldest ?? Number.POSITIVE_INFINITY)) {
      return this.#recent.page(revision, limit, bounds)
    }
    return this.#reads.run((read) => this.#pageSince(read, { revision, limit, bounds }), signal)
  }

  async historyOf(
    agentId: string,
    range: { before: number; limit: number },
    { signal, ...bounds }: HistoryRead,
  ): Promise<readonly Transition[]> {
    return this.#reads.run((read) => this.#newestOf(read, { agentId, ...range, bounds }), signal)
  }

  async readCard(agentId: string, signal?: AbortSignal): Promise<string | undefined> {
    const card = this.#reader
      ? await this.#reader.readCard(agentId)
      : (await this.#writer.request({ kind: 'cardOf', agentId }))?.card
    signal?.throwIfAborted()
    return card ?? undefined
  }

  async trimHistory(bounds: HistoryBounds): Promise<boolean> {
    return (await this.#writer.request({ kind: 'trimHistory', ...bounds }))?.more ?? false
  }

  async check(): Promise<void> {
    const files = (await this.#writer.request({ kind: 'checkFiles' }))?.files
    const { links = 1, walBytes = 0 } = files ?? {}
    this.#log.update(walBytes)
    if (links > 1 && this.#links === 1) {
      this.#logger?.warn(
        { links },
        'the database file now has a hard link: a program that opens it by that name damages it, ' +
          'and the registry will not start again until the link is removed',
      )
    }
    this.#links = links
  }

  get logBytes(): number {
    return this.#log.bytes
  }

  get isLogLarge(): boolean {
    return this.#log.isLarge
  }

  get lost(): RegistryError | undefined {
    return this.#writer.lost
  }

  async close(): Promise<void> {
    // The last connection to close checkpoints the write-ahead log, which a reader cannot do.
    await this.#reader?.close()
    await this.#writer.close()
  }

  async #pageSince(
    read: ReadSlice,
    range: { revision: number; limit: number; bounds: HistoryBounds },
  ): Promise<HistoryPage> {
    const { limit, bounds } = range
    const transitions: Transition[] = []
    let oldest: number | undefined
    for (let { revision } = range; ; revision = transitions.at(-1)?.revision ?? revision) {
      const left = limit - transitions.length
      const slice = await read({ kind: 'eventsSince', revision, limit: left, ...bounds })
      oldest ??= slice.oldest ?? undefined
      const next = slice.rows[0]?.transition_revision
      // The next transition may have been trimmed between two slices: the page ends before the gap.
      if (transitions.length > 0 && next !== revision + 1) break
      for (const transition of this.#read(slice.rows)) transitions.push(transition)
      if (!slice.isTruncated) break
    }
    return { oldest, transitions }
  }

  async #newestOf(
    read: ReadSlice,
    range: { agentId: string; before: number; limit: number; bounds: HistoryBounds },
  ): Promise<readonly Transition[]> {
    const { agentId, limit, bounds } = range
    let transitions: Transition[] = []
    for (let { before } = range; ; before = transitions[0]?.revision ?? before) {
      const left = limit - transitions.length
      const slice = await read({ kind: 'historyOf', agentId, before, limit: left, ...bounds })
      transitions = this.#read(slice.rows).concat(transitions)
      if (!slice.isTruncated) return transitions
    }
  }

  #read(rows: readonly TransitionRow[]): Transition[] {
    const reader = new RowReader(this.#clock)
    return rows.map((row) => reader.toTransition(row))
  }
}

import type { LeaseTime } from '../../domain/time-scales.ts'
import { SingleFlight } from '../../scheduling/single-flight.ts'
import type { Journal } from './journal.ts'
import type { LeaseClock } from './lease-clock.ts'
import type { StoreHealth } from './store-health.ts'
import type { LeaseTable } from './table/lease-table.ts'
import type { TableLease } from './table/table-lease.ts'
import { UnsavedHeartbeats } from './unsaved-heartbeats.ts'

/** Heartbeats per write: few, because a registration may be queued behind it. */
const WRITE_LIMIT = 2000

/**
 * Writes heartbeats behind their responses: once per interval, each agent once, in small writes that
 * interleave with commits. Pauses while the log of the journal is large. After a crash, leases whose
 * heartbeats were not written get that time back.
 */
export class HeartbeatFlusher {
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #journal: Journal
  readonly #health: StoreHealth
  readonly #isBeingWritten: (agentId: string) => boolean
  readonly #unsaved = new UnsavedHeartbeats()
  readonly #timer: NodeJS.Timeout | undefined
  readonly #rounds = new SingleFlight(() => this.#writeRound())
  /** Lease time up to which all heartbeats are in the journal. */
  #savedTo: LeaseTime
  #saved = 0

  /**
   * @param options.isBeingWritten returns whether a commit in flight writes this agent
   * @param options.heartbeatFlushIntervalMs 0: heartbeats are never written
   */
  constructor(options: {
    clock: LeaseClock
    table: LeaseTable
    journal: Journal
    health: StoreHealth
    isBeingWritten: (agentId: string) => boolean
    savedTo: LeaseTime
    unsaved: readonly TableLease[]
    heartbeatFlushIntervalMs: number
  }) {
    this.#clock = options.clock
    this.#table = options.table
    this.#journal = options.journal
    this.#health = options.health
    this.#isBeingWritten = options.isBeingWritten
    this.#savedTo = options.savedTo
    for (const lease of options.unsaved) this.#unsaved.add(lease)
    if (options.heartbeatFlushIntervalMs > 0) {
      this.#timer = setInterval(() => {
        if (!this.#journal.isLogLarge) void this.#flush()
      }, options.heartbeatFlushIntervalMs).unref()
    }
  }

  /** Number of heartbeats written. */
  get saved(): number {
    return this.#saved
  }

  /** Number of heartbeats waiting for the next flush. */
  get waiting(): number {
    return this.#unsaved.size
  }

  /** Marks a renewed lease for the next flush. */
  markUnsaved(lease: TableLease): void {
    if (this.#timer) this.#unsaved.add(lease)
  }

  /** Flushes immediately, to detect that the store has recovered. */
  async retry(): Promise<void> {
    if (this.#timer) await this.#flush()
  }

  /**
   * Flushes all waiting heartbeats, and stops.
   *
   * @throws RegistryError `STORAGE_UNAVAILABLE` when the flush fails
   */
  async close(): Promise<void> {
    if (!this.#timer) return
    clearInterval(this.#timer)
    await this.#rounds.settled()
    await this.#flush()
    if (this.#health.lastError) throw this.#health.lastError
  }

  #flush(): Promise<void> {
    // Without leases there is nothing to save, and an idle machine may sleep. A failed store is
    // retried anyway, so that its recovery is detected at once.
    const needed = this.#unsaved.size > 0 || this.#table.size > 0 || this.#health.lastError
    return needed ? this.#rounds.run() : Promise.resolve()
  }

  async #writeRound(): Promise<void> {
    const startedAt = this.#clock.now()
    const postponed: TableLease[] = []
    this.#unsaved.beginRound()
    do {
      // A removed lease has nothing to save; another agent may have its id by now.
      const taken = this.#unsaved
        .take(WRITE_LIMIT)
        .filter((lease) => this.#table.get(lease.agentId) === lease)
      // Writing the row now would overwrite an in-flight commit with the state before it.
      const { postpone = [], write = [] } = Object.groupBy(taken, ({ agentId }) =>
        this.#isBeingWritten(agentId) ? 'postpone' : 'write',
      )
      postponed.push(...postpone)
      const isLast = this.#unsaved.roundIsDone && postponed.length === 0
      const savedTo = isLast ? startedAt : this.#savedTo
      try {
        const leaseNow = this.#clock.now()
        await this.#health.attempt(this.#journal.saveHeartbeats(write, { leaseNow, savedTo }))
        this.#savedTo = savedTo
        this.#saved += write.length
      } catch {
        // Reported by `lastError`; these and the rest of the round wait for the next flush.
        for (const lease of write) this.#unsaved.add(lease)
        break
      }
    } while (!this.#unsaved.roundIsDone)
    for (const lease of postponed) this.#unsaved.add(lease)
  }
}

import type { Journal } from './journal.ts'
import type { LeaseClock } from './lease-clock.ts'
import type { StoreHealth } from './store-health.ts'
import type { LeaseTable } from './table/lease-table.ts'
import type { TableLease } from './table/table-lease.ts'
import { UnsavedHeartbeats } from './unsaved-heartbeats.ts'

/** Heartbeats in one write: few, because a registration may be waiting behind it. */
const WRITE_LIMIT = 2000

/**
 * Writes heartbeats behind their answers: once an interval, each agent once, in small writes
 * between which the commits of others find their place. They wait while the log of the journal is
 * large; after a crash, leases whose heartbeats were not written are given that time back.
 */
export class HeartbeatFlusher {
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #journal: Journal
  readonly #health: StoreHealth
  readonly #isBeingWritten: (agentId: string) => boolean
  readonly #unsaved = new UnsavedHeartbeats()
  readonly #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  /** Lease time up to which every heartbeat is in the journal. */
  #savedTo: number
  #saved = 0

  /**
   * @param options.isBeingWritten whether a commit on its way to the disk writes this agent
   * @param options.heartbeatFlushIntervalMs 0: heartbeats are never written
   */
  constructor(options: {
    clock: LeaseClock
    table: LeaseTable
    journal: Journal
    health: StoreHealth
    isBeingWritten: (agentId: string) => boolean
    savedTo: number
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
        if (!this.#journal.isLogLarge) this.#flush()
      }, options.heartbeatFlushIntervalMs).unref()
    }
  }

  /** Heartbeats written so far. */
  get saved(): number {
    return this.#saved
  }

  /** Heartbeats that wait for the next flush. */
  get waiting(): number {
    return this.#unsaved.size
  }

  /** Notes that a lease was renewed. */
  saveLater(lease: TableLease): void {
    if (this.#timer) this.#unsaved.add(lease)
  }

  /** Writes now, whatever the interval, so that a store that works again is noticed. */
  async retry(): Promise<void> {
    if (this.#timer) await this.#flush()
  }

  /**
   * Writes all that wait, and stops.
   *
   * @throws RegistryError `STORAGE_UNAVAILABLE` when that fails
   */
  async close(): Promise<void> {
    if (!this.#timer) return
    clearInterval(this.#timer)
    await this.#running
    await this.#flush()
    if (this.#health.trouble) throw this.#health.trouble
  }

  #flush(): Promise<void> {
    // Without leases there is nothing to remember, and an idle machine may sleep; but a store in
    // trouble is tried again, so that it is found well as soon as it is.
    const needed = this.#unsaved.size > 0 || this.#table.size > 0 || this.#health.trouble
    if (!needed) return Promise.resolve()
    this.#running ??= this.#writeRound().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #writeRound(): Promise<void> {
    const began = this.#clock.now()
    const postponed: TableLease[] = []
    this.#unsaved.beginRound()
    do {
      // One that is gone has nothing to save; another agent may have its id by now.
      const taken = this.#unsaved
        .take(WRITE_LIMIT)
        .filter((lease) => this.#table.get(lease.agentId) === lease)
      // The row of a commit under way would be overwritten with what was before it.
      const { postpone = [], write = [] } = Object.groupBy(taken, ({ agentId }) =>
        this.#isBeingWritten(agentId) ? 'postpone' : 'write',
      )
      postponed.push(...postpone)
      const isLast = this.#unsaved.roundIsDone && postponed.length === 0
      const savedTo = isLast ? began : this.#savedTo
      try {
        const leaseNow = this.#clock.now()
        await this.#health.attempt(this.#journal.saveHeartbeats(write, { leaseNow, savedTo }))
        this.#savedTo = savedTo
        this.#saved += write.length
      } catch {
        // Told by `trouble`; these and the rest of the round wait for the next flush.
        for (const lease of write) this.#unsaved.add(lease)
        break
      }
    } while (!this.#unsaved.roundIsDone)
    for (const lease of postponed) this.#unsaved.add(lease)
  }
}

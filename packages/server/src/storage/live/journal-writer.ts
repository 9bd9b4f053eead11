import { emitWarning } from 'node:process'
import type {
  StorageStatistics,
  TransitionListener,
} from '../../domain/agent-registry-repository.ts'
import type { Lease, LeaseFields } from '../../domain/lease.ts'
import type { LeaseClock } from '../../domain/lease-clock.ts'
import type { LeaseTable } from '../../domain/lease-table.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import { type Intent, TransitionBatch } from '../../domain/transition-batch.ts'
import type { Journal } from './journal.ts'
import { UnsavedHeartbeats } from './unsaved-heartbeats.ts'
import { type Submission, WriteQueue } from './write-queue.ts'

/** Intents in one commit, about 5 ms of work for this thread. */
const COMMIT_LIMIT = 1000
/** Heartbeats in one write: small, because a registration may be waiting behind it. */
const FLUSH_LIMIT = 2000

/**
 * Brings intents and heartbeats into the journal, one write at a time. Whatever waits when a
 * write ends goes into the next one together (group commit). Heartbeats of a large fleet go in
 * small parts between the commits, so that neither holds up the other for long.
 */
export class JournalWriter {
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #journal: Journal
  readonly #queue = new WriteQueue()
  readonly #unsaved = new UnsavedHeartbeats()
  readonly #listeners = new Set<TransitionListener>()
  readonly #flushTimer: NodeJS.Timeout | undefined
  #flushing = false
  /** Lease time when the present round of the flush began, and when the last finished one did. */
  #roundBegan: number
  #savedTo: number
  #running: Promise<void> | undefined
  #revision: number
  #trouble: RegistryError | undefined
  #commits = 0
  #failures = 0
  #savedHeartbeats = 0

  constructor(options: {
    clock: LeaseClock
    table: LeaseTable
    journal: Journal
    revision: number
    savedTo: number
    unsaved: readonly Lease[]
    heartbeatFlushIntervalMs: number
  }) {
    this.#clock = options.clock
    this.#table = options.table
    this.#journal = options.journal
    this.#revision = options.revision
    this.#roundBegan = this.#savedTo = options.savedTo
    for (const lease of options.unsaved) this.#unsaved.add(lease)
    if (options.heartbeatFlushIntervalMs > 0) {
      this.#flushTimer = setInterval(() => this.#startFlush(), options.heartbeatFlushIntervalMs)
      this.#flushTimer.unref()
    }
  }

  /** Of the last transition that is durable. */
  get revision(): number {
    return this.#revision
  }

  /** Why the last write failed; undefined once one succeeds again. */
  get trouble(): RegistryError | undefined {
    return this.#trouble
  }

  statistics(): Omit<StorageStatistics, 'stalledMs'> {
    return {
      commits: this.#commits,
      failures: this.#failures,
      savedHeartbeats: this.#savedHeartbeats,
      unsavedHeartbeats: this.#unsaved.size,
    }
  }

  subscribe(listener: TransitionListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves with the agents after the intents, once they are durable and visible. */
  write(intents: readonly Intent[]): Promise<readonly (LeaseFields | undefined)[]> {
    if (intents.length === 0) return Promise.resolve([])
    const outcomes = this.#queue.add(intents)
    this.#run()
    return outcomes
  }

  /** Notes that a lease was renewed; the next flush writes it down. */
  saveLater(lease: Lease): void {
    if (this.#flushTimer) this.#unsaved.add(lease)
  }

  /** Writes everything that waits, and stops. */
  async close(): Promise<void> {
    clearInterval(this.#flushTimer)
    await this.#running
    if (!this.#flushTimer) return
    this.#startFlush()
    await this.#running
    if (this.#trouble) throw this.#trouble
  }

  #startFlush(): void {
    // Without leases there is nothing to remember, and an idle machine may sleep; but a store in
    // trouble is tried again, so that it is found well as soon as it is.
    const needed = this.#unsaved.size > 0 || this.#table.size > 0 || this.#trouble
    if (!needed || this.#flushing) return
    this.#flushing = true
    this.#unsaved.beginRound()
    this.#roundBegan = this.#clock.now()
    this.#run()
  }

  #run(): void {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined
    })
  }

  async #work(): Promise<void> {
    // Whatever arrived on the sockets in this turn of the event loop shares the first commit.
    await new Promise(setImmediate)
    while (!this.#queue.isEmpty || this.#flushing) {
      if (!this.#queue.isEmpty) await this.#commit(this.#queue.take(COMMIT_LIMIT))
      if (this.#flushing) await this.#flush()
    }
  }

  async #commit(group: readonly Submission[]): Promise<void> {
    try {
      const batch = new TransitionBatch({
        table: this.#table,
        clock: this.#clock,
        revision: this.#revision,
      })
      const outcomes = group.map(({ intents }) => intents.map((intent) => batch.add(intent)))
      if (batch.changes.length > 0) {
        const position = { revision: batch.revision, leaseNow: this.#clock.now() }
        await this.#attempt(this.#journal.commit(batch.changes, position))
        this.#commits++
      }
      batch.apply()
      this.#revision = batch.revision
      this.#publish(batch)
      for (const [index, submission] of group.entries()) submission.resolve(outcomes[index] ?? [])
    } catch (error) {
      for (const submission of group) submission.reject(error)
    }
  }

  async #flush(): Promise<void> {
    const leases = this.#unsaved.take(FLUSH_LIMIT)
    try {
      const savedTo = this.#unsaved.roundIsDone ? this.#roundBegan : this.#savedTo
      const leaseNow = this.#clock.now()
      await this.#attempt(this.#journal.saveHeartbeats(leases, { leaseNow, savedTo }))
      this.#savedTo = savedTo
      this.#savedHeartbeats += leases.length
      this.#flushing = !this.#unsaved.roundIsDone
    } catch {
      // Told by `trouble`; the leases wait for the next flush.
      this.#flushing = false
      for (const lease of leases) this.#unsaved.add(lease)
    }
  }

  async #attempt(write: Promise<void>): Promise<void> {
    try {
      await write
      this.#trouble = undefined
    } catch (cause) {
      this.#failures++
      this.#trouble =
        cause instanceof RegistryError
          ? cause
          : new RegistryError('STORAGE_UNAVAILABLE', String(cause), { cause })
      throw this.#trouble
    }
  }

  #publish(batch: TransitionBatch): void {
    if (this.#listeners.size === 0) return
    const { transitions } = batch
    if (transitions.length === 0) return
    for (const listener of this.#listeners) {
      try {
        listener(transitions)
      } catch (error) {
        // A listener's fault is its own: the commit stands, and the others still hear of it.
        emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }
}

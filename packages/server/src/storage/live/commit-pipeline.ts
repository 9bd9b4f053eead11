import type { Refusal } from '../../domain/change-condition.ts'
import type { EventBus } from '../../domain/event-bus.ts'
import type { Intent } from '../../domain/intent.ts'
import type { Lease } from '../../domain/lease.ts'
import type { MaintenanceEntries } from '../../domain/maintenance.ts'
import { type PlannedLease, TransitionBatch } from '../../domain/transition-batch.ts'
import { EndOfTurn } from '../../scheduling/end-of-turn.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import { TransitionListeners } from '../transition-listeners.ts'
import { type Submission, WriteQueue } from '../write-queue.ts'
import type { LiveExpiryBrake } from './expiry-brake.ts'
import type { Journal } from './journal.ts'
import type { LeaseClock } from './lease-clock.ts'
import type { StoreHealth } from './store-health.ts'
import type { LeaseTable } from './table/lease-table.ts'

/** Intents per batch, about 2 ms of work for this thread. */
const BATCH_LIMIT = 250
/** Milliseconds per turn of the event loop spent on making durable states visible. */
const PUBLISH_SLICE_MS = 2

/** The agents after some intents; undefined: the agent is unknown, or the intent came too late. */
type Outcome = readonly (Lease | Refusal | undefined)[]

/**
 * Batches in flight at once: one is written while the next is planned. With four, batches were half
 * as large and registrations a sixth slower.
 */
const IN_FLIGHT_LIMIT = 2

/**
 * Writes intents to the journal and then applies them to the table. Intents that arrive in one turn of
 * the event loop share a batch. The next batch is sent before the last one is durable: it is planned on
 * top of the pending states. Readers see no state before it is durable. When a batch fails, the batches
 * that build on it fail too.
 */
export class CommitPipeline {
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #brake: LiveExpiryBrake
  readonly #entries: MaintenanceEntries
  readonly #journal: Journal
  readonly #health: StoreHealth
  readonly #queue = new WriteQueue<Outcome>()
  readonly #listeners = new TransitionListeners()
  /** The newest in-flight state of each agent; null: it will be removed. */
  readonly #pending = new Map<string, PlannedLease | null>()
  /** The agent states of all batches that are not visible yet. */
  readonly #notVisible = new Set<ReadonlyMap<string, PlannedLease | null>>()
  #inFlight = 0
  /** A batch failed: nothing is sent until the batches behind it have failed too. */
  #failing = false
  /** Intents that arrive in one turn of the event loop share a batch. */
  readonly #sending = new EndOfTurn(() => this.#send())
  /** Revisions of the last durable transition and of the last one sent. */
  #revision: number
  #sentRevision: number
  #lastWrite: Promise<void> = Promise.resolve()
  /** Settles once everything durable is visible. */
  #publishing: Promise<void> = Promise.resolve()
  readonly #slices = new TimeSlices({ shortMs: PUBLISH_SLICE_MS })
  #count = 0
  #drained: (() => void)[] = []

  constructor(options: {
    clock: LeaseClock
    table: LeaseTable
    brake: LiveExpiryBrake
    entries: MaintenanceEntries
    journal: Journal
    health: StoreHealth
    revision: number
  }) {
    this.#clock = options.clock
    this.#table = options.table
    this.#brake = options.brake
    this.#entries = options.entries
    this.#journal = options.journal
    this.#health = options.health
    this.#revision = this.#sentRevision = options.revision
  }

  /** Revision of the last durable transition. */
  get revision(): number {
    return this.#revision
  }

  /** Number of batches written. */
  get count(): number {
    return this.#count
  }

  /** Returns whether an intent for the agent is queued or in flight. */
  isPending(agentId: string): boolean {
    return this.#queue.isPending(agentId)
  }

  /** Returns the ids of the agents whose newest planned state is not visible yet. */
  pendingIds(): Iterable<string> {
    return this.#pending.keys()
  }

  /**
   * Applies a newly reported load to the in-flight states: they were planned earlier, and must not
   * restore the old load.
   */
  applyReportedLoad({ agentId, load }: Lease): void {
    for (const states of this.#notVisible) {
      const lease = states.get(agentId)
      if (lease) lease.load = load
    }
  }

  subscribe(...listener: Parameters<EventBus['subscribe']>): () => void {
    return this.#listeners.subscribe(...listener)
  }

  /** Writes intents. Resolves with the agents after them, once they are durable and visible. */
  write(intents: readonly Intent[]): Promise<Outcome> {
    if (intents.length === 0) return Promise.resolve([])
    this.#sending.schedule()
    return this.#queue.add(intents)
  }

  /** Resolves when nothing is queued or in flight. */
  drain(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /**
   * Does something between two batches becoming visible, so that the table is as after the transition with the
   * current {@link revision}. Later batches wait for it.
   */
  async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#publishing
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#publishing = promise
    await before
    try {
      return await work()
    } finally {
      resolve()
    }
  }

  get #isIdle(): boolean {
    return this.#queue.isEmpty && this.#inFlight === 0
  }

  #send(): void {
    while (!this.#queue.isEmpty && this.#inFlight < IN_FLIGHT_LIMIT && !this.#failing) {
      const group = this.#queue.take(BATCH_LIMIT)
      this.#inFlight++
      this.#write(group)
        .catch((error: unknown) => {
          for (const { reject } of group) reject(error)
        })
        .finally(() => this.#settled())
    }
  }

  #settled(): void {
    this.#inFlight--
    if (this.#inFlight === 0) this.#failing = false
    if (!this.#queue.isEmpty) this.#sending.schedule()
    else if (this.#isIdle) for (const resolve of this.#drained.splice(0)) resolve()
  }

  async #write(group: readonly Submission<Outcome>[]): Promise<void> {
    const baseRevision = this.#sentRevision
    let buildsOnPending = false
    const batch = new TransitionBatch({
      find: (agentId) => {
        buildsOnPending ||= this.#pending.has(agentId)
        return this.#currentState(agentId)
      },
      times: this.#clock,
      revision: baseRevision,
      maintenanceOf: (agentId) => this.#entries.of(agentId),
      brakeEndsAt: this.#brake.endsAt(),
    })
    const outcomes = group.map(({ intents }) => intents.map((intent) => batch.add(intent)))
    const { changes, revision, states } = batch
    if (changes.length > 0) {
      this.#sentRevision = revision
      for (const [agentId, lease] of states) this.#pending.set(agentId, lease)
      const leaseNow = this.#clock.now()
      this.#lastWrite = this.#health.attempt(
        this.#journal.commit({ changes, baseRevision, revision, leaseNow, buildsOnPending }),
      )
      this.#notVisible.add(states)
      try {
        await this.#lastWrite
      } catch (error) {
        this.#failing = true
        this.#notVisible.delete(states)
        // Durable batches that are still being applied to the table are not part of the failure.
        await this.#publishing
        this.#pending.clear()
        this.#sentRevision = this.#revision
        throw error
      }
      this.#count++
      await this.#publish(batch)
    } else if (this.#pending.size > 0) {
      // The outcome may depend on an in-flight batch: if that fails, so does this group.
      await this.#lastWrite
      await this.#publishing
    }
    for (const [index, { resolve }] of group.entries()) resolve(outcomes[index] ?? [])
  }

  /**
   * Makes a durable batch visible, after those before it. Indexing an agent with much metadata takes a
   * millisecond, so this works agent by agent, in time slices.
   */
  #publish({ states, revision, transitions }: TransitionBatch): Promise<void> {
    return this.inTurn(async () => {
      const work = this.#slices.begin()
      for (const [agentId, lease] of states) {
        if (work.isOver) await work.next()
        // Pending until it is visible, unless a later batch has already planned its next state.
        if (this.#pending.get(agentId) === lease) this.#pending.delete(agentId)
        if (lease === null) this.#table.delete(agentId)
        else this.#table.put(lease)
      }
      this.#notVisible.delete(states)
      this.#revision = revision
      // An earlier batch that this one does not build on may have failed and set this back.
      this.#sentRevision = Math.max(this.#sentRevision, revision)
      this.#listeners.notify(transitions)
    })
  }

  /** Returns the state to plan on: the in-flight state, if any, rather than the visible one. */
  #currentState(agentId: string): Lease | undefined {
    const pending = this.#pending.get(agentId)
    return pending === undefined ? this.#table.get(agentId) : (pending ?? undefined)
  }
}

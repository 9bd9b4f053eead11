import type { EventBus } from '../../domain/event-bus.ts'
import type { Lease } from '../../domain/lease.ts'
import { type Intent, type PlannedLease, TransitionBatch } from '../../domain/transition-batch.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import { Listeners } from '../transition-listeners.ts'
import { type Submission, WriteQueue } from '../write-queue.ts'
import type { Journal } from './journal.ts'
import type { LeaseClock } from './lease-clock.ts'
import type { StoreHealth } from './store-health.ts'
import type { LeaseTable } from './table/lease-table.ts'

/** Intents in one batch, about 2 ms of work for this thread. */
const BATCH_LIMIT = 250
/** Milliseconds in one round of the event loop in which durable states are made visible. */
const SHOW_MS = 2

/** The agents after some intents; undefined: there was none, or the intent came too late. */
type Outcome = readonly (Lease | undefined)[]

/**
 * Batches on their way to the disk at once: one is written while the next is worked out. With
 * four, batches were half as large and registrations a sixth slower.
 */
const IN_FLIGHT_LIMIT = 2

/**
 * Brings intents into the journal and then into the table. Whatever arrives in one turn of the
 * event loop shares a batch, and the next batch is on its way before the last one is on the disk:
 * it is worked out on top of the states that are still pending. Readers see none of them before
 * they are durable. When a batch fails, those that build on it fail with it.
 */
export class CommitPipeline {
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #journal: Journal
  readonly #health: StoreHealth
  readonly #queue = new WriteQueue<Outcome>()
  readonly #listeners = new Listeners()
  /** The newest state of each agent that is on its way; null: it will be gone. */
  readonly #pending = new Map<string, PlannedLease | null>()
  /** What the batches that are not visible yet make of their agents. */
  readonly #unshown = new Set<ReadonlyMap<string, PlannedLease | null>>()
  #inFlight = 0
  /** A batch failed: nothing is sent until those behind it have failed as well. */
  #failing = false
  #scheduled = false
  /** Of the last transition that is durable, and of the last one that is on its way. */
  #revision: number
  #sentRevision: number
  #lastWrite: Promise<void> = Promise.resolve()
  /** Settled once everything that is durable is visible. */
  #showing: Promise<void> = Promise.resolve()
  readonly #slices = new TimeSlices({ shortMs: SHOW_MS })
  #count = 0
  #drained: (() => void)[] = []

  constructor(options: {
    clock: LeaseClock
    table: LeaseTable
    journal: Journal
    health: StoreHealth
    revision: number
  }) {
    this.#clock = options.clock
    this.#table = options.table
    this.#journal = options.journal
    this.#health = options.health
    this.#revision = this.#sentRevision = options.revision
  }

  /** Of the last transition that is durable. */
  get revision(): number {
    return this.#revision
  }

  /** Batches written so far. */
  get count(): number {
    return this.#count
  }

  /** Whether something that may change an agent waits or is on its way. */
  isPending(agentId: string): boolean {
    return this.#queue.isPending(agentId)
  }

  /**
   * Notes a load that an agent has just reported: what is on its way was worked out before, and must
   * not bring back the load of then.
   */
  loadReported({ agentId, load }: Lease): void {
    for (const states of this.#unshown) {
      const lease = states.get(agentId)
      if (lease) lease.load = load
    }
  }

  subscribe(...listener: Parameters<EventBus['subscribe']>): () => void {
    return this.#listeners.subscribe(...listener)
  }

  /** Resolves with the agents after the intents, once they are durable and visible. */
  write(intents: readonly Intent[]): Promise<readonly (Lease | undefined)[]> {
    if (intents.length === 0) return Promise.resolve([])
    this.#schedule()
    return this.#queue.add(intents)
  }

  /** Resolves when nothing waits and nothing is on its way. */
  drain(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  get #isIdle(): boolean {
    return this.#queue.isEmpty && this.#inFlight === 0
  }

  /** At the end of this turn, so that whatever arrives in it goes together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#send()
    })
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
    if (!this.#queue.isEmpty) this.#schedule()
    else if (this.#isIdle) for (const resolve of this.#drained.splice(0)) resolve()
  }

  async #write(group: readonly Submission<Outcome>[]): Promise<void> {
    const baseRevision = this.#sentRevision
    let buildsOnPending = false
    const batch = new TransitionBatch({
      find: (agentId) => {
        buildsOnPending ||= this.#pending.has(agentId)
        return this.#planned(agentId)
      },
      times: this.#clock,
      revision: baseRevision,
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
      this.#unshown.add(states)
      try {
        await this.#lastWrite
      } catch (error) {
        this.#failing = true
        this.#unshown.delete(states)
        // What is durable is still on its way into the table, and is no part of the failure.
        await this.#showing
        this.#pending.clear()
        this.#sentRevision = this.#revision
        throw error
      }
      this.#count++
      await this.#show(batch)
    } else if (this.#pending.size > 0) {
      // It may say so only because of what is on its way: if that fails, so does this.
      await this.#lastWrite
      await this.#showing
    }
    for (const [index, { resolve }] of group.entries()) resolve(outcomes[index] ?? [])
  }

  /**
   * Makes a durable batch visible, after those before it. Agents with much metadata take the indexes a
   * millisecond each, so it goes agent by agent, in slices of time.
   */
  async #show({ states, revision, transitions }: TransitionBatch): Promise<void> {
    const before = this.#showing
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#showing = promise
    await before
    const work = this.#slices.begin()
    for (const [agentId, lease] of states) {
      if (work.isOver) await work.next()
      // As it is planned, until it is visible; or as it will be after the batch behind this one.
      if (this.#pending.get(agentId) === lease) this.#pending.delete(agentId)
      if (lease === null) this.#table.delete(agentId)
      else this.#table.put(lease)
    }
    this.#unshown.delete(states)
    this.#revision = revision
    // One before it may have failed without being missed, and set this back.
    this.#sentRevision = Math.max(this.#sentRevision, revision)
    this.#listeners.tell(transitions)
    resolve()
  }

  /** What is on its way to the disk counts before what is visible; null: it will be gone. */
  #planned(agentId: string): Lease | undefined {
    const pending = this.#pending.get(agentId)
    return pending === undefined ? this.#table.get(agentId) : (pending ?? undefined)
  }
}

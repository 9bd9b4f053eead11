import type { AgentRecord } from '../../domain/agent-record.ts'
import type { AgentRegistration } from '../../domain/agent-registration.ts'
import type {
  AgentRegistryRepository,
  HeartbeatsOutcome,
  HistoryOptions,
  ReadOptions,
  RegistryCounts,
  StorageCapabilities,
  SweepOptions,
  SweepResult,
} from '../../domain/agent-registry-repository.ts'
import type { Caller } from '../../domain/caller.ts'
import {
  type ChangeCondition,
  type Refusal,
  requireAccepted,
  revisionAfter,
} from '../../domain/change-condition.ts'
import type { EventBus } from '../../domain/event-bus.ts'
import type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from '../../domain/heartbeat.ts'
import type { Lease } from '../../domain/lease.ts'
import type { LoadListener, LoadSubscription } from '../../domain/load-subscription.ts'
import { MaintenanceEntries } from '../../domain/maintenance.ts'
import { ProfileInterner } from '../../domain/profile-interner.ts'
import type { AgentQuery } from '../../domain/query/agent-query.ts'
import { conditionOf } from '../../domain/register-intent.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import type { StorageStatistics } from '../../domain/storage-statistics.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import { LoadListeners } from '../load-listeners.ts'
import { ChangeRateLimiter } from '../pacing/change-rate-limiter.ts'
import { PacedChanges } from '../pacing/paced-changes.ts'
import { registrationIntent } from '../registration-intent.ts'
import { listAgents } from './agent-listing.ts'
import { buildIndexes } from './build-indexes.ts'
import { LiveCards } from './cards.ts'
import { CommitPipeline } from './commit-pipeline.ts'
import { LiveCounts } from './counts.ts'
import { LiveExpiry } from './expiry.ts'
import { LiveExpiryBrake } from './expiry-brake.ts'
import { HeartbeatFlusher } from './heartbeat-flusher.ts'
import { LiveHeartbeats } from './heartbeats.ts'
import { LiveHistory } from './history.ts'
import type { Journal } from './journal.ts'
import type { LeaseClock } from './lease-clock.ts'
import { LiveMaintenance } from './maintenance.ts'
import type { LiveRepositoryParts } from './repository-parts.ts'
import { StoreHealth } from './store-health.ts'
import type { LeaseTable } from './table/lease-table.ts'

/** Most changes of agents in one batch. */
const CHANGE_BATCH_SIZE = 250
const NO_REPORT: HeartbeatReport = {}

/**
 * A registry in memory with a journal. Serves reads and plain heartbeats from memory. Transitions become
 * visible once the journal has them, by group commit: no client sees a state that a crash could undo.
 */
export class LiveAgentRegistryRepository implements AgentRegistryRepository {
  readonly capabilities: StorageCapabilities
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #journal: Journal
  readonly #interner = new ProfileInterner()
  readonly #health = new StoreHealth()
  readonly #commits: CommitPipeline
  readonly #changes: PacedChanges<Lease | Refusal | undefined>
  readonly #brake: LiveExpiryBrake
  readonly #maintenance: LiveMaintenance
  readonly #expiry: LiveExpiry
  readonly #flusher: HeartbeatFlusher
  readonly #heartbeats: LiveHeartbeats
  readonly #history: LiveHistory
  readonly #loads = new LoadListeners()
  /** Shared by all queries. */
  readonly #slices = new TimeSlices()
  readonly #counts: LiveCounts
  readonly #cards: LiveCards
  #closing: Promise<void> | undefined

  /** @internal Use `openLiveRegistry`. */
  constructor(parts: LiveRepositoryParts) {
    this.capabilities = parts.capabilities
    this.#clock = parts.clock
    this.#table = parts.table
    this.#journal = parts.journal
    this.#brake = new LiveExpiryBrake(parts)
    const entries = new MaintenanceEntries(parts.maintenance)
    const shared = { ...parts, brake: this.#brake, entries, health: this.#health }
    this.#commits = new CommitPipeline(shared)
    this.#changes = new PacedChanges({
      rateLimiter: new ChangeRateLimiter(parts),
      write: (intents) => this.#commits.write(intents),
      revisionOf: revisionAfter,
      maxBatchSize: CHANGE_BATCH_SIZE,
    })
    const loads = this.#loads
    const writing = { ...shared, commits: this.#commits, changes: this.#changes, loads }
    this.#cards = new LiveCards(writing)
    this.#counts = new LiveCounts(writing)
    this.#maintenance = new LiveMaintenance(writing)
    this.#expiry = new LiveExpiry(writing)
    const isBeingWritten = (agentId: string) => this.#commits.isPending(agentId)
    this.#flusher = new HeartbeatFlusher({ ...shared, isBeingWritten })
    this.#heartbeats = new LiveHeartbeats({ ...writing, flusher: this.#flusher })
    this.#history = new LiveHistory({ ...parts, newest: () => this.#commits.revision })
    if (parts.capabilities.durable) {
      this.#health.watch({ check: () => this.#journal.check(), retry: () => this.#flusher.retry() })
    }
    void buildIndexes(this.#table, { isClosed: () => this.#closing !== undefined })
  }

  async add(registration: AgentRegistration, caller?: Caller): Promise<AgentRecord> {
    this.#requireOpen()
    const intent = registrationIntent(registration, { caller, interner: this.#interner })
    const lease = requireAccepted(await this.#changes.add(intent), conditionOf(intent)) as Lease
    // Most registrations report no load; a transition is published separately.
    if (registration.load !== undefined) this.#heartbeats.reportLoad(lease)
    return this.#table.toRecord(lease, this.#clock.now())
  }

  async get(agentId: string): Promise<AgentRecord | undefined> {
    this.#requireOpen()
    const lease = this.#table.get(agentId)
    return lease && this.#table.toRecord(lease, this.#clock.now())
  }

  async *listAll(
    query: AgentQuery = {},
    options: ReadOptions = {},
  ): AsyncGenerator<readonly AgentRecord[]> {
    this.#requireOpen()
    const work = options.work ?? this.#slices.begin(options.signal)
    try {
      work.throwIfAborted()
      for await (const page of listAgents(this.#table, query, work)) {
        yield page
        this.#requireOpen()
        work.throwIfAborted()
      }
    } finally {
      if (options.work === undefined) work.end()
    }
  }

  async updateHeartbeat(
    agentId: string,
    report: HeartbeatReport = NO_REPORT,
  ): Promise<HeartbeatReceipt | undefined> {
    this.#requireOpen()
    return this.#heartbeats.update(agentId, report)
  }

  async updateHeartbeats(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome> {
    this.#requireOpen()
    return this.#heartbeats.updateAll(heartbeats)
  }

  async delete(agentId: string, condition: ChangeCondition = {}): Promise<boolean> {
    this.#requireOpen()
    this.#changes.recordNow(agentId)
    this.#changes.count(agentId)
    const [last] = await this.#commits.write([{ event: 'deregister', agentId, condition }])
    return requireAccepted(last) !== undefined
  }

  async setCard(...change: Parameters<AgentRegistryRepository['setCard']>) {
    this.#requireOpen()
    return this.#cards.set(...change)
  }

  async card(...read: Parameters<AgentRegistryRepository['card']>) {
    this.#requireOpen()
    return this.#cards.read(...read)
  }

  async expireLapsed(options: SweepOptions = {}): Promise<SweepResult> {
    this.#requireOpen()
    const result = await this.#expiry.sweep(options)
    if (options.limit === 0 || !this.#maintenance.isUnfinished) return result
    await this.#maintenance.continue()
    return { ...result, more: result.more || this.#maintenance.isUnfinished }
  }

  async setMaintenance(...entry: Parameters<AgentRegistryRepository['setMaintenance']>) {
    this.#requireOpen()
    return this.#maintenance.set(...entry)
  }

  async endMaintenance(...pattern: Parameters<AgentRegistryRepository['endMaintenance']>) {
    this.#requireOpen()
    return this.#maintenance.end(...pattern)
  }

  async maintenance() {
    this.#requireOpen()
    return this.#maintenance.all()
  }

  suspendLeases(ms: number): void {
    this.#clock.hold(ms)
  }

  async deleteExpired(caller?: Caller): Promise<number> {
    this.#requireOpen()
    return this.#expiry.cleanUp(caller)
  }

  async eventsSince(revision: number, limit = 1000, options: ReadOptions = {}) {
    this.#requireOpen()
    options.signal?.throwIfAborted()
    return this.#history.since(revision, limit, options)
  }

  async historyOf(agentId: string, options: HistoryOptions = {}) {
    this.#requireOpen()
    options.signal?.throwIfAborted()
    return this.#history.of(agentId, options)
  }

  subscribe(...listener: Parameters<EventBus['subscribe']>): () => void {
    return this.#commits.subscribe(...listener)
  }

  followLoads(listener: LoadListener): LoadSubscription {
    return this.#loads.follow(listener)
  }

  async counts(): Promise<RegistryCounts> {
    this.#requireOpen()
    return this.#counts.all()
  }

  async countByStatus() {
    this.#requireOpen()
    return this.#counts.byStatus()
  }

  async countByOwner() {
    this.#requireOpen()
    return this.#counts.byOwner()
  }

  async countByCapability() {
    this.#requireOpen()
    return this.#counts.byCapability()
  }

  statistics(): StorageStatistics {
    return {
      commits: this.#commits.count,
      failures: this.#health.failures,
      savedHeartbeats: this.#flusher.saved,
      unsavedHeartbeats: this.#flusher.waiting,
      coalescedChanges: this.#changes.coalesced,
      stalledMs: this.#clock.stalledMs,
      unindexedAgents: this.#table.unindexed,
      walBytes: this.#journal.logBytes,
      brake: this.#brake.state,
    }
  }

  async checkWritable(): Promise<void> {
    this.#requireOpen()
    if (this.#health.lastError) throw this.#health.lastError
  }

  get lost(): RegistryError | undefined {
    return this.#journal.lost
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#health.close()
    this.#maintenance.close()
    try {
      this.#changes.recordAll()
      await this.#history.close()
      await this.#commits.drain()
      await this.#flusher.close()
    } finally {
      await this.#journal.close()
    }
  }

  #requireOpen(): void {
    if (this.#closing) throw new RegistryError('CLOSED', 'the registry is closed')
  }
}

import type { AgentRecord } from '../../domain/agent-record.ts'
import { type AgentRegistration, toProfile } from '../../domain/agent-registration.ts'
import type {
  AgentRegistryRepository,
  HeartbeatsOutcome,
  HistoryOptions,
  ReadOptions,
  RegistryCounts,
  StorageCapabilities,
  StorageStatistics,
  SweepOptions,
} from '../../domain/agent-registry-repository.ts'
import type { EventBus } from '../../domain/event-bus.ts'
import type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from '../../domain/heartbeat.ts'
import type { Lease, LeaseFields } from '../../domain/lease.ts'
import type { LeaseClock } from '../../domain/lease-clock.ts'
import type { LeaseTable } from '../../domain/lease-table.ts'
import { showReceipt } from '../../domain/lease-times.ts'
import type { LoadListener, LoadSubscription } from '../../domain/load-subscription.ts'
import { mergeHeartbeats } from '../../domain/merged-heartbeats.ts'
import { ProfileInterner } from '../../domain/profile-interner.ts'
import type { AgentQuery } from '../../domain/query/agent-query.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import type { StatusCounts } from '../../domain/status-counts.ts'
import { TimeSlices } from '../../domain/time-slices.ts'
import type { Transition } from '../../domain/transition.ts'
import { ChangePace } from '../change-pace.ts'
import type { HistoryLimits } from '../history-limit.ts'
import { LoadListeners } from '../load-listeners.ts'
import { PacedChanges, toIntent } from '../paced-changes.ts'
import { listAgents } from './agent-listing.ts'
import { CommitPipeline } from './commit-pipeline.ts'
import { HeartbeatFlusher } from './heartbeat-flusher.ts'
import type { Journal } from './journal.ts'
import { LiveHistory } from './live-history.ts'
import { StoreHealth } from './store-health.ts'

/** What a live repository is put together from. */
export interface LiveRepositoryParts extends HistoryLimits {
  readonly clock: LeaseClock
  readonly table: LeaseTable
  readonly journal: Journal
  readonly capabilities: StorageCapabilities
  readonly epoch: string
  /** Of the last transition in the journal. */
  readonly revision: number
  /** Lease time up to which every heartbeat is in the journal. */
  readonly savedTo: number
  /** Leases that were changed while they were loaded. */
  readonly unsaved: readonly Lease[]
  /** Milliseconds between two writes of waiting heartbeats; 0: they are never written. */
  readonly heartbeatFlushIntervalMs: number
}

/** Leases that one pass expires or removes: as many as go into one batch. */
const SWEEP_LIMIT = 250
/** Changes of status that go into one batch, if a caller brings more. */
const CHANGES_AT_ONCE = 250
const NO_REPORT: HeartbeatReport = {}

/**
 * A registry that lives in memory and keeps a journal. Reads and plain heartbeats are answered
 * from memory; whatever makes a transition goes through the journal first, in groups, and shows
 * in memory only once it is written. So nobody ever sees what a crash could take back.
 */
export class LiveAgentRegistryRepository implements AgentRegistryRepository {
  readonly capabilities: StorageCapabilities
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #journal: Journal
  readonly #interner = new ProfileInterner()
  readonly #health = new StoreHealth()
  readonly #commits: CommitPipeline
  readonly #changes: PacedChanges<LeaseFields | undefined>
  readonly #flusher: HeartbeatFlusher
  readonly #history: LiveHistory
  readonly #loads = new LoadListeners()
  /** What all queries share. */
  readonly #slices = new TimeSlices()
  readonly #epoch: string
  #closing: Promise<void> | undefined

  protected constructor(parts: LiveRepositoryParts) {
    this.capabilities = parts.capabilities
    this.#clock = parts.clock
    this.#table = parts.table
    this.#journal = parts.journal
    this.#epoch = parts.epoch
    this.#commits = new CommitPipeline({ ...parts, health: this.#health })
    this.#changes = new PacedChanges({
      pace: new ChangePace(parts),
      write: (heartbeats) => this.#commits.write(heartbeats.map(toIntent)),
      mostAtOnce: CHANGES_AT_ONCE,
    })
    this.#flusher = new HeartbeatFlusher({
      ...parts,
      health: this.#health,
      isBeingWritten: (agentId) => this.#commits.isPending(agentId),
    })
    this.#history = new LiveHistory({ ...parts, newest: () => this.#commits.revision })
    if (parts.capabilities.durable) {
      this.#health.watch({
        check: () => this.#journal.check(),
        retry: () => this.#flusher.retry(),
      })
    }
    this.#index()
  }

  async add(registration: AgentRegistration): Promise<AgentRecord> {
    this.#requireOpen()
    const { agentId, status, load } = registration
    const profile = this.#interner.intern(toProfile(registration))
    this.#changes.recordNow(agentId)
    const [lease] = await this.#commits.write([
      { event: 'register', agentId, profile, status, load },
    ])
    // Most registrations report no load; what is a transition is reported as one as well.
    if (lease && load !== undefined) this.#reportLoad(lease)
    return this.#table.show(lease as LeaseFields, this.#clock.now())
  }

  async get(agentId: string): Promise<AgentRecord | undefined> {
    this.#requireOpen()
    const lease = this.#table.get(agentId)
    return lease && this.#table.show(lease, this.#clock.now())
  }

  async *listAll(
    query: AgentQuery = {},
    options: ReadOptions = {},
  ): AsyncGenerator<readonly AgentRecord[]> {
    this.#requireOpen()
    const work = options.work ?? this.#slices.begin(options.signal)
    try {
      for await (const page of listAgents(this.#table, query, work)) {
        yield page
        this.#requireOpen()
        options.signal?.throwIfAborted()
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
    const now = this.#clock.now()
    const lease = this.#table.get(agentId)
    if (lease === undefined) return undefined
    if (this.#beat(lease, report, now)) return showReceipt(lease, this.#clock)
    const after = await this.#changes.add({ agentId, ...report })
    return after && showReceipt(after, this.#clock)
  }

  async updateHeartbeats(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome> {
    this.#requireOpen()
    const now = this.#clock.now()
    const unknown: string[] = []
    const changes: Heartbeat[] = []
    const changing = new Set<string>()
    for (const heartbeat of heartbeats) {
      const { agentId } = heartbeat
      const lease = this.#table.get(agentId)
      if (lease === undefined) unknown.push(agentId)
      else if (!this.#beat(lease, heartbeat, now) || changing.has(agentId)) {
        changing.add(agentId)
        changes.push(heartbeat)
      }
    }
    if (changes.length > 0) {
      const merged = mergeHeartbeats(changes)
      const outcomes = await this.#changes.addAll(merged)
      const gone = new Set(merged.filter((_, at) => outcomes[at] === undefined).map(idOf))
      for (const { agentId } of changes) if (gone.has(agentId)) unknown.push(agentId)
    }
    return { ok: heartbeats.length - unknown.length, unknown }
  }

  async delete(agentId: string): Promise<boolean> {
    this.#requireOpen()
    this.#changes.recordNow(agentId)
    const [last] = await this.#commits.write([{ event: 'deregister', agentId }])
    return last !== undefined
  }

  async expireLapsed(options: SweepOptions = {}): Promise<{ expired: number; more: boolean }> {
    this.#requireOpen()
    const now = this.#clock.now()
    if (options.nextSweepMs !== undefined) this.#clock.expectSweepIn(options.nextSweepMs)
    const { lapsed, more } = this.#table.takeLapsed(now, options.limit ?? SWEEP_LIMIT)
    if (lapsed.length === 0) return { expired: 0, more }
    try {
      const outcomes = await this.#commits.write(
        lapsed.map(({ agentId }) => ({ event: 'lapse', agentId })),
      )
      return { expired: outcomes.filter((outcome) => outcome !== undefined).length, more }
    } finally {
      // Whatever did not expire, because the store failed, waits for the next sweep.
      for (const lease of lapsed) if (!lease.expired) this.#table.putBack(lease)
    }
  }

  holdLeases(ms: number): void {
    this.#clock.hold(ms)
  }

  async deleteExpired(): Promise<number> {
    this.#requireOpen()
    while ((await this.expireLapsed()).more) await new Promise(setImmediate)
    let deleted = 0
    for (;;) {
      const expired = this.#table.expired(SWEEP_LIMIT)
      const outcomes = await this.#commits.write(
        expired.map(({ agentId }) => ({ event: 'cleanup', agentId })),
      )
      const gone = outcomes.filter((outcome) => outcome !== undefined).length
      deleted += gone
      if (gone === 0) return deleted
    }
  }

  async eventsSince(
    revision: number,
    limit = 1000,
    options: ReadOptions = {},
  ): Promise<readonly Transition[]> {
    this.#requireOpen()
    options.signal?.throwIfAborted()
    return this.#history.since(revision, limit, options)
  }

  async historyOf(agentId: string, options: HistoryOptions = {}): Promise<readonly Transition[]> {
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
    const now = this.#clock.now()
    return {
      registered: this.#table.size,
      alive: this.#table.countAlive(now),
      revision: this.#commits.revision,
      epoch: this.#epoch,
      lapsePending: this.#table.lapsePending(now),
    }
  }

  async countByStatus(): Promise<StatusCounts> {
    this.#requireOpen()
    return this.#table.countByStatus(this.#clock.now())
  }

  statistics(): StorageStatistics {
    return {
      commits: this.#commits.count,
      failures: this.#health.failures,
      savedHeartbeats: this.#flusher.saved,
      unsavedHeartbeats: this.#flusher.waiting,
      stalledMs: this.#clock.stalledMs,
      unindexedAgents: this.#table.unindexed,
      walBytes: this.#journal.logBytes,
    }
  }

  async checkWritable(): Promise<void> {
    this.#requireOpen()
    if (this.#health.trouble) throw this.#health.trouble
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

  /** The whole of a plain heartbeat. False: it also makes a transition, which the caller writes. */
  #beat(lease: Lease, report: HeartbeatReport, now: number): boolean {
    if (lease.expired || lease.deadline <= now) return false
    this.#table.renew(lease, now)
    if (report.load !== undefined) {
      lease.load = report.load
      this.#commits.loadReported(lease)
      this.#reportLoad(lease)
    }
    this.#flusher.saveLater(lease)
    if (report.status === undefined) return true
    // A change that is still on its way comes first, or the older of two would win.
    const { agentId } = lease
    const comesFirst = this.#commits.isPending(agentId) || this.#changes.isWaiting(agentId)
    return report.status === lease.status && !comesFirst
  }

  #reportLoad({ agentId, load, lastBeat }: LeaseFields): void {
    if (!this.#loads.isFollowed) return
    this.#loads.report(agentId, load, this.#clock.beatToWall(lastBeat))
  }

  /** A fleet of a million takes seconds to index, a slice in each round of the event loop. */
  async #index(): Promise<void> {
    const work = new TimeSlices().begin()
    do await work.next()
    while (this.#closing === undefined && this.#table.indexMore(() => !work.isOver))
  }

  async #close(): Promise<void> {
    this.#health.close()
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

function idOf({ agentId }: Heartbeat): string {
  return agentId
}

import { covers, prefixOf } from '../../domain/agent-id-pattern.ts'
import type { Caller } from '../../domain/caller.ts'
import type { Lease } from '../../domain/lease.ts'
import type { LeaseTimes } from '../../domain/lease-views.ts'
import {
  type MaintenanceChange,
  type MaintenanceDecision,
  type MaintenanceEntries,
  type MaintenanceEntry,
  nextEntry,
  sameMaintenance,
} from '../../domain/maintenance.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import type { CommitPipeline } from './commit-pipeline.ts'
import type { Journal } from './journal.ts'
import type { StoreHealth } from './store-health.ts'
import type { LeaseTable } from './table/lease-table.ts'

/** Most leases that one step changes: one batch. */
const BATCH_LIMIT = 250
/** Most leases that one step looks at: about 1 ms of work. */
const VISIT_LIMIT = 4096

/** A pattern whose agents do not all follow its entry yet. */
interface UnfinishedPattern {
  /** Agents up to this id follow; undefined: none. */
  after: string | undefined
  /** Who has asked for the change; undefined: the application itself, or not known after a restart. */
  readonly caller: Caller | undefined
  /** What makes more of them follow right now. */
  step: Promise<void> | undefined
}

const UNBEGUN = { after: undefined, step: undefined }

/**
 * The maintenance of a registry in memory. An entry is durable first, and in force for every change that is planned
 * from then on. The agents that are there follow step by step; after a crash, the sweep continues with them.
 */
export class LiveMaintenance {
  readonly #entries: MaintenanceEntries
  readonly #times: LeaseTimes
  readonly #table: LeaseTable
  readonly #commits: CommitPipeline
  readonly #journal: Journal
  readonly #health: StoreHealth
  /** By pattern. */
  readonly #unfinished = new Map<string, UnfinishedPattern>()
  /** Entries change one after the other: each change is worked out from the outcome of the one before. */
  #lastChange: Promise<unknown> = Promise.resolve()
  #isClosed = false

  /** @param parts.entries of the journal; this class changes them */
  constructor(parts: {
    entries: MaintenanceEntries
    clock: LeaseTimes
    table: LeaseTable
    commits: CommitPipeline
    journal: Journal
    health: StoreHealth
  }) {
    this.#entries = parts.entries
    this.#times = parts.clock
    this.#table = parts.table
    this.#commits = parts.commits
    this.#journal = parts.journal
    this.#health = parts.health
    // The registry may have been killed while agents were to follow a change.
    if (!this.#entries.isEmpty || this.#table.hasMaintenance) {
      this.#unfinished.set('*', { ...UNBEGUN, caller: undefined })
    }
  }

  /** Whether some agents do not follow the entries yet. */
  get isUnfinished(): boolean {
    return this.#unfinished.size > 0
  }

  /** See `AgentRegistryRepository.maintenance`. */
  all(): MaintenanceEntry[] {
    return this.#entries.all()
  }

  /** See `AgentRegistryRepository.setMaintenance`. */
  async set(
    pattern: string,
    decision: MaintenanceDecision,
    caller?: Caller,
  ): Promise<MaintenanceEntry> {
    const entry = await this.#inTurn(async () => {
      const nowMs = this.#times.beatToWall(this.#times.toBeat(this.#times.now()))
      const before = this.#entries.get(pattern)
      const next = nextEntry(before, { pattern, ...decision, nowMs })
      if (next) await this.#save({ pattern, entry: next }, caller)
      return (next ?? before) as MaintenanceEntry
    })
    await this.#finish(pattern)
    return entry
  }

  /** See `AgentRegistryRepository.endMaintenance`. */
  async end(pattern: string, caller?: Caller): Promise<boolean> {
    const existed = await this.#inTurn(async () => {
      const exists = this.#entries.get(pattern) !== undefined
      if (exists) await this.#save({ pattern, entry: null }, caller)
      return exists
    })
    await this.#finish(pattern)
    return existed
  }

  /** Makes some of the agents follow that do not yet. */
  async continue(): Promise<void> {
    const [first] = this.#unfinished.keys()
    if (first !== undefined) await this.#makeSomeFollow(first)
  }

  /** Makes no more agents follow: the next start continues with them. */
  close(): void {
    this.#isClosed = true
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const outcome = this.#lastChange.then(change)
    this.#lastChange = outcome.catch(() => undefined)
    return outcome
  }

  async #save(change: MaintenanceChange, caller: Caller | undefined): Promise<void> {
    await this.#health.attempt(this.#journal.saveMaintenance(change))
    if (change.entry) this.#entries.set(change.entry)
    else this.#entries.delete(change.pattern)
    this.#unfinished.set(change.pattern, { ...UNBEGUN, caller })
  }

  async #finish(pattern: string): Promise<void> {
    try {
      // Only its own agents: those of a larger pattern that is still going on would delay it.
      while (this.#unfinished.has(pattern)) await this.#makeSomeFollow(pattern)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new RegistryError(
        'OUTCOME_UNKNOWN',
        `the change is stored, but not every agent shows it yet: ${why}`,
        { cause },
      )
    }
  }

  /** Makes some agents of a pattern follow. Concurrent callers share a step. */
  async #makeSomeFollow(pattern: string): Promise<void> {
    if (this.#isClosed) throw new RegistryError('CLOSED', 'the registry is closed')
    const progress = this.#unfinished.get(pattern)
    if (progress === undefined) return
    progress.step ??= this.#step(pattern, progress).finally(() => {
      progress.step = undefined
    })
    await progress.step
  }

  async #step(pattern: string, progress: UnfinishedPattern): Promise<void> {
    const { agentIds, last, isEnd } = this.#next(pattern, progress.after)
    const { caller } = progress
    const intents = agentIds.map((agentId) => ({ event: 'maintain', agentId, caller }) as const)
    // All agents that were looked at follow: nothing else lets other work run.
    if (intents.length === 0) await new Promise(setImmediate)
    else await this.#commits.write(intents)
    progress.after = last
    // Unless the entry has changed again.
    const isSame = this.#unfinished.get(pattern) === progress
    if (isEnd && isSame) this.#unfinished.delete(pattern)
  }

  /** Returns the next agents that may not follow yet. */
  #next(
    pattern: string,
    after: string | undefined,
  ): { agentIds: string[]; last: string | undefined; isEnd: boolean } {
    const prefix = prefixOf(pattern)
    const agentIds = after === undefined ? this.#first(pattern) : []
    if (prefix === undefined) return { agentIds, last: undefined, isEnd: true }
    let last = after ?? prefix
    for (let visited = 0; visited < VISIT_LIMIT && agentIds.length < BATCH_LIMIT; ) {
      const leases = this.#table.following(last)
      for (const lease of leases) {
        if (!lease.agentId.startsWith(prefix)) return { agentIds, last, isEnd: true }
        if (this.#lags(lease)) agentIds.push(lease.agentId)
        last = lease.agentId
      }
      if (leases.length === 0) return { agentIds, last, isEnd: true }
      visited += leases.length
    }
    return { agentIds, last, isEnd: false }
  }

  /** Agents whose change was planned before the entry was in force, and the one whose id is the whole pattern. */
  #first(pattern: string): string[] {
    const pending = [...this.#commits.pendingIds()].filter((agentId) => covers(pattern, agentId))
    const single = this.#table.get(prefixOf(pattern) ?? pattern)
    return single && this.#lags(single) ? [...pending, single.agentId] : pending
  }

  #lags({ agentId, maintenance }: Lease): boolean {
    return !sameMaintenance(maintenance, this.#entries.of(agentId))
  }
}

import type { HeartbeatsOutcome } from '../../domain/agent-registry-repository.ts'
import { isOwnedByOther } from '../../domain/caller.ts'
import {
  isSuperseded,
  type Refusal,
  refusalOf,
  requireAccepted,
} from '../../domain/change-condition.ts'
import type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from '../../domain/heartbeat.ts'
import type { Lease } from '../../domain/lease.ts'
import { toHeartbeatReceipt } from '../../domain/lease-views.ts'
import { BatchOutcome, mergeHeartbeats } from '../../domain/merged-heartbeats.ts'
import type { LeaseTime } from '../../domain/time-scales.ts'
import type { LoadListeners } from '../load-listeners.ts'
import { type PacedChanges, toIntent } from '../pacing/paced-changes.ts'
import type { CommitPipeline } from './commit-pipeline.ts'
import type { LiveExpiryBrake } from './expiry-brake.ts'
import type { HeartbeatFlusher } from './heartbeat-flusher.ts'
import type { LeaseClock } from './lease-clock.ts'
import type { LeaseTable } from './table/lease-table.ts'
import type { TableLease } from './table/table-lease.ts'

/** Applies heartbeats to a live table: plain ones in memory, those that change the agent via the journal. */
export class LiveHeartbeats {
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #commits: CommitPipeline
  readonly #flusher: HeartbeatFlusher
  readonly #loads: LoadListeners
  readonly #changes: PacedChanges<Lease | Refusal | undefined>
  readonly #brake: LiveExpiryBrake

  constructor(parts: {
    clock: LeaseClock
    table: LeaseTable
    commits: CommitPipeline
    changes: PacedChanges<Lease | Refusal | undefined>
    flusher: HeartbeatFlusher
    loads: LoadListeners
    brake: LiveExpiryBrake
  }) {
    this.#clock = parts.clock
    this.#table = parts.table
    this.#commits = parts.commits
    this.#flusher = parts.flusher
    this.#loads = parts.loads
    this.#changes = parts.changes
    this.#brake = parts.brake
  }

  /** See `AgentRegistryRepository.updateHeartbeat`. */
  async update(agentId: string, report: HeartbeatReport): Promise<HeartbeatReceipt | undefined> {
    const now = this.#clock.now()
    const lease = this.#table.get(agentId)
    if (lease === undefined) return undefined
    if (isOwnedByOther(lease, report.caller) || isSuperseded(lease, report)) {
      throw refusalOf(lease, report)?.error
    }
    if (this.#renew(lease, report, now)) return toHeartbeatReceipt(lease, this.#clock)
    const outcome = await this.#changes.add(toIntent({ agentId, ...report }))
    const after = requireAccepted(outcome, report)
    return after && toHeartbeatReceipt(after, this.#clock)
  }

  /** See `AgentRegistryRepository.updateHeartbeats`. */
  async updateAll(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome> {
    const now = this.#clock.now()
    const outcome = new BatchOutcome(heartbeats.length)
    const changes: Heartbeat[] = []
    const changing = new Set<string>()
    for (const heartbeat of heartbeats) {
      const { agentId } = heartbeat
      const lease = this.#table.get(agentId)
      if (lease === undefined) outcome.unknown.push(agentId)
      else if (isOwnedByOther(lease, heartbeat.caller)) outcome.owned.push(agentId)
      else if (isSuperseded(lease, heartbeat)) outcome.superseded.push(agentId)
      else if (!this.#renew(lease, heartbeat, now) || changing.has(agentId)) {
        changing.add(agentId)
        changes.push(heartbeat)
      }
    }
    if (changes.length > 0) {
      const merged = mergeHeartbeats(changes)
      outcome.add(changes, merged, await this.#changes.addAll(merged.map(toIntent)))
    }
    return outcome.result()
  }

  /** Notifies the load listeners of the agent's load. */
  reportLoad({ agentId, load, lastBeat }: Lease): void {
    if (!this.#loads.isFollowed) return
    this.#loads.report(agentId, load, this.#clock.beatToWall(lastBeat))
  }

  /** Renews a lease. Returns false if the heartbeat also causes a transition. */
  #renew(lease: TableLease, report: HeartbeatReport, now: LeaseTime): boolean {
    if (lease.expired || lease.suspect || lease.deadline <= now) return false
    if (report.ifRevision !== undefined) return false
    // While the brake is on, leases are held before their deadline: the heartbeat must come after that.
    if (this.#brake.isEngaged && this.#commits.isPending(lease.agentId)) return false
    this.#table.renew(lease, now)
    if (report.load !== undefined) {
      lease.load = report.load
      this.#commits.applyReportedLoad(lease)
      this.#changes.mergeLoad(lease.agentId, report.load)
      this.reportLoad(lease)
    }
    this.#flusher.markUnsaved(lease)
    if (report.status === undefined) return true
    // A change still in flight must come first, or the older of the two would win.
    const { agentId } = lease
    const hasPendingChange = this.#commits.isPending(agentId) || this.#changes.isWaiting(agentId)
    return report.status === lease.status && !hasPendingChange
  }
}

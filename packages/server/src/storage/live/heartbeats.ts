import type { HeartbeatsOutcome } from '../../domain/agent-registry-repository.ts'
import type { Heartbeat, HeartbeatReport } from '../../domain/heartbeat.ts'
import type { Lease } from '../../domain/lease.ts'
import { mergeHeartbeats } from '../../domain/merged-heartbeats.ts'
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
  readonly #changes: PacedChanges<Lease | undefined>
  readonly #brake: LiveExpiryBrake

  constructor(parts: {
    clock: LeaseClock
    table: LeaseTable
    commits: CommitPipeline
    changes: PacedChanges<Lease | undefined>
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

  /** Renews a lease. Returns false if the heartbeat also causes a transition; see {@link change}. */
  renew(lease: TableLease, report: HeartbeatReport, now: LeaseTime): boolean {
    if (lease.expired || lease.suspect || lease.deadline <= now) return false
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

  /** Resolves with the agent after a heartbeat that causes a transition; undefined: unknown agent. */
  change(heartbeat: Heartbeat): Promise<Lease | undefined> {
    return this.#changes.add(toIntent(heartbeat))
  }

  /** See `AgentRegistryRepository.updateHeartbeats`. */
  async updateAll(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome> {
    const now = this.#clock.now()
    const unknown: string[] = []
    const changes: Heartbeat[] = []
    const changing = new Set<string>()
    for (const heartbeat of heartbeats) {
      const { agentId } = heartbeat
      const lease = this.#table.get(agentId)
      if (lease === undefined) unknown.push(agentId)
      else if (!this.renew(lease, heartbeat, now) || changing.has(agentId)) {
        changing.add(agentId)
        changes.push(heartbeat)
      }
    }
    if (changes.length > 0) {
      const merged = mergeHeartbeats(changes)
      const outcomes = await this.#changes.addAll(merged.map(toIntent))
      const missing = merged.filter((_, at) => outcomes[at] === undefined)
      const missingIds = new Set(missing.map(({ agentId }) => agentId))
      for (const { agentId } of changes) if (missingIds.has(agentId)) unknown.push(agentId)
    }
    return { ok: heartbeats.length - unknown.length, unknown }
  }

  /** Notifies the load listeners of the agent's load. */
  reportLoad({ agentId, load, lastBeat }: Lease): void {
    if (!this.#loads.isFollowed) return
    this.#loads.report(agentId, load, this.#clock.beatToWall(lastBeat))
  }
}

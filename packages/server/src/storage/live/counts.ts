import type { RegistryCounts } from '../../domain/agent-registry-repository.ts'
import { branchesOf } from '../../domain/branch.ts'
import type { CapabilityCounts } from '../../domain/capability-counts.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'
import type { OwnerCounts } from '../../domain/owner-counts.ts'
import type { StatusCounts } from '../../domain/status-counts.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import { LiveCapabilityCounts } from './capability-counts.ts'
import type { CommitPipeline } from './commit-pipeline.ts'
import type { LiveExpiryBrake } from './expiry-brake.ts'
import type { LeaseClock } from './lease-clock.ts'
import { countOwners } from './table/lease-counts.ts'
import type { LeaseTable } from './table/lease-table.ts'

/** Counts the agents of a live table, and says where its history stands. */
export class LiveCounts {
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #brake: LiveExpiryBrake
  readonly #commits: CommitPipeline
  readonly #capabilities: LiveCapabilityCounts
  readonly #slices = new TimeSlices()
  readonly #identity: Pick<HistoryPosition, 'epoch' | 'branches'>

  /** @param parts the history is that of the opened store */
  constructor(
    parts: HistoryPosition & {
      clock: LeaseClock
      table: LeaseTable
      brake: LiveExpiryBrake
      commits: CommitPipeline
    },
  ) {
    this.#clock = parts.clock
    this.#table = parts.table
    this.#brake = parts.brake
    this.#commits = parts.commits
    this.#capabilities = new LiveCapabilityCounts(parts)
    this.#identity = { epoch: parts.epoch, branches: branchesOf(parts) }
  }

  /** See `AgentRegistryRepository.counts`. */
  all(): RegistryCounts {
    const now = this.#clock.now()
    return {
      registered: this.#table.size,
      alive: this.#table.countAlive(now),
      revision: this.#commits.revision,
      ...this.#identity,
      lapsePending: this.#table.lapsePending(now),
      brake: this.#brake.state,
    }
  }

  /** See `AgentRegistryRepository.countByStatus`. */
  byStatus(): StatusCounts {
    return this.#table.countByStatus(this.#clock.now())
  }

  /** See `AgentRegistryRepository.countByOwner`. No transition becomes visible meanwhile: 0.2 s for a million agents. */
  byOwner(): Promise<OwnerCounts> {
    return this.#commits.inTurn(async () => {
      const work = this.#slices.begin()
      try {
        const { byOwner } = await countOwners(this.#table.all, work)
        return { revision: this.#commits.revision, byOwner }
      } finally {
        work.end()
      }
    })
  }

  /** See `AgentRegistryRepository.countByCapability`. */
  byCapability(): Promise<CapabilityCounts> {
    return this.#capabilities.read()
  }
}

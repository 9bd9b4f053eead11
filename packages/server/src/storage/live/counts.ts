import type { RegistryCounts } from '../../domain/agent-registry-repository.ts'
import { branchesOf } from '../../domain/branch.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'
import type { StatusCounts } from '../../domain/status-counts.ts'
import type { CommitPipeline } from './commit-pipeline.ts'
import type { LiveExpiryBrake } from './expiry-brake.ts'
import type { LeaseClock } from './lease-clock.ts'
import type { LeaseTable } from './table/lease-table.ts'

/** Counts the agents of a live table, and says where its history stands. */
export class LiveCounts {
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #brake: LiveExpiryBrake
  readonly #commits: CommitPipeline
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
}

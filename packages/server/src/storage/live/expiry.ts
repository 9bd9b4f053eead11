import type { SweepOptions, SweepResult } from '../../domain/agent-registry-repository.ts'
import type { Caller } from '../../domain/caller.ts'
import { Refusal } from '../../domain/change-condition.ts'
import type { DueLeases } from '../../domain/expiry-brake.ts'
import type { Lease } from '../../domain/lease.ts'
import type { CommitPipeline } from './commit-pipeline.ts'
import type { LiveExpiryBrake } from './expiry-brake.ts'
import type { LeaseClock } from './lease-clock.ts'
import type { LeaseTable } from './table/lease-table.ts'

/** Leases that one pass expires or removes: one batch. */
const SWEEP_LIMIT = 250

/** Expires lapsed leases of a live table, and removes expired ones. */
export class LiveExpiry {
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #commits: CommitPipeline
  readonly #brake: LiveExpiryBrake

  constructor(parts: {
    clock: LeaseClock
    table: LeaseTable
    commits: CommitPipeline
    brake: LiveExpiryBrake
  }) {
    this.#clock = parts.clock
    this.#table = parts.table
    this.#commits = parts.commits
    this.#brake = parts.brake
  }

  /** See `AgentRegistryRepository.expireLapsed`. */
  async sweep(options: SweepOptions = {}): Promise<SweepResult> {
    const now = this.#clock.now()
    if (options.nextSweepMs !== undefined) this.#clock.expectSweepIn(options.nextSweepMs)
    const limit = options.limit ?? SWEEP_LIMIT
    const isBraked = this.#brake.endsAt(now) !== undefined
    const { lapsed, more } = this.#table.takeLapsed(now, limit, { isBraked })
    try {
      if (limit > 0) await this.#brake.judge(now, dueLeases(lapsed))
      const brake = this.#brake.state
      // Once it has engaged, leases are held a moment earlier.
      const isMore = more || (brake !== undefined && !isBraked)
      if (lapsed.length === 0) return { expired: 0, more: isMore, brake }
      const outcomes = await this.#commits.write(
        lapsed.map(({ agentId }) => ({ event: 'lapse', agentId })),
      )
      const expired = outcomes.filter(
        (outcome) => !(outcome instanceof Refusal) && outcome?.expired,
      ).length
      return { expired, more: isMore, brake }
    } finally {
      // Leases that did not expire, because the store failed, are left to the next sweep.
      for (const lease of lapsed) if (!lease.expired) this.#table.putBack(lease)
    }
  }

  /** See `AgentRegistryRepository.deleteExpired`. */
  async cleanUp(caller?: Caller): Promise<number> {
    while ((await this.sweep()).more) await new Promise(setImmediate)
    for (let deleted = 0; ; ) {
      const expired = this.#table.expired(SWEEP_LIMIT)
      const outcomes = await this.#commits.write(
        expired.map(({ agentId }) => ({ event: 'cleanup', agentId, caller })),
      )
      const removed = outcomes.filter((outcome) => outcome !== undefined).length
      deleted += removed
      if (removed === 0) return deleted
    }
  }
}

/** Counts leases that are not suspect. */
function dueLeases(leases: readonly Lease[]): DueLeases {
  let count = 0
  let ttlMs = 0
  for (const { suspect, profile } of leases) {
    if (suspect) continue
    count++
    ttlMs += profile.ttlSeconds * 1000
  }
  return { count, ttlMs }
}

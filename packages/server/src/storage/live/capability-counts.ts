import type { CapabilityCounter, CapabilityCounts } from '../../domain/capability-counts.ts'
import { type Counted, FollowedCount } from '../../domain/followed-count.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import type { CommitPipeline } from './commit-pipeline.ts'
import type { LeaseClock } from './lease-clock.ts'
import { countCapabilities, countLapsedCapabilities } from './table/lease-counts.ts'
import type { LeaseTable } from './table/lease-table.ts'

/**
 * Counts the agents of a live table by what they can do: all of them on the first call, and from then on by
 * transitions. A registry that is never asked counts nothing.
 */
export class LiveCapabilityCounts {
  readonly #clock: LeaseClock
  readonly #table: LeaseTable
  readonly #commits: CommitPipeline
  readonly #slices = new TimeSlices()
  readonly #all: FollowedCount<CapabilityCounter>

  constructor(parts: { clock: LeaseClock; table: LeaseTable; commits: CommitPipeline }) {
    this.#clock = parts.clock
    this.#table = parts.table
    this.#commits = parts.commits
    this.#all = new FollowedCount(parts.commits, () => this.#countAll())
  }

  /** See `AgentRegistryRepository.countByCapability`. */
  async read(): Promise<CapabilityCounts> {
    const counter = await this.#all.get()
    return counter.withLapsed(countLapsedCapabilities(this.#table.lapsed(this.#clock.now())))
  }

  /** No transition becomes visible meanwhile. */
  #countAll(): Promise<Counted<CapabilityCounter>> {
    return this.#commits.inTurn(async () => {
      const work = this.#slices.begin()
      try {
        const counter = await countCapabilities(this.#table.all, work)
        return { counter, revision: this.#commits.revision }
      } finally {
        work.end()
      }
    })
  }
}

import type { AgentCard } from '../../domain/agent-card.ts'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { ReadOptions } from '../../domain/agent-registry-repository.ts'
import {
  type ChangeCondition,
  type Refusal,
  requireAccepted,
} from '../../domain/change-condition.ts'
import type { Lease } from '../../domain/lease.ts'
import { summarizeCard } from '../card-summary.ts'
import type { PacedChanges } from '../pacing/paced-changes.ts'
import type { CommitPipeline } from './commit-pipeline.ts'
import type { Journal } from './journal.ts'
import type { LeaseClock } from './lease-clock.ts'
import type { LeaseTable } from './table/lease-table.ts'

/** The cards of agents: the journal has their texts, and the leases what is known of them. */
export class LiveCards {
  readonly #table: LeaseTable
  readonly #clock: LeaseClock
  readonly #journal: Journal
  readonly #commits: CommitPipeline
  readonly #changes: PacedChanges<Lease | Refusal | undefined>

  constructor(parts: {
    table: LeaseTable
    clock: LeaseClock
    journal: Journal
    commits: CommitPipeline
    changes: PacedChanges<Lease | Refusal | undefined>
  }) {
    this.#table = parts.table
    this.#clock = parts.clock
    this.#journal = parts.journal
    this.#commits = parts.commits
    this.#changes = parts.changes
  }

  /** See `AgentRegistryRepository.setCard`. */
  async set(
    agentId: string,
    given: AgentCard | null,
    condition: ChangeCondition = {},
  ): Promise<AgentRecord | undefined> {
    const card = given && summarizeCard(given)
    this.#changes.recordNow(agentId)
    this.#changes.count(agentId)
    const [last] = await this.#commits.write([{ event: 'setCard', agentId, card, condition }])
    const lease = requireAccepted(last)
    return lease && this.#table.toRecord(lease, this.#clock.now())
  }

  /** See `AgentRegistryRepository.card`. */
  async read(agentId: string, { signal }: ReadOptions = {}): Promise<string | undefined> {
    signal?.throwIfAborted()
    if (!this.#table.get(agentId)?.profile.card) return undefined
    return this.#journal.readCard(agentId, signal)
  }
}

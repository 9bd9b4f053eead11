import type { Refusal } from '../../../domain/change-condition.ts'
import type { Intent } from '../../../domain/intent.ts'
import type { Lease } from '../../../domain/lease.ts'
import type { LeaseTimes } from '../../../domain/lease-views.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import { type LeaseTime, leaseTime } from '../../../domain/time-scales.ts'
import type { Transition } from '../../../domain/transition.ts'
import { type Change, TransitionBatch } from '../../../domain/transition-batch.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { EndOfTurn } from '../../../scheduling/end-of-turn.ts'
import { type Submission, WriteQueue } from '../../write-queue.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { WriteProbe } from '../connections/write-probe.ts'
import type { EntriesCache, VersionedEntries } from '../maintenance/entries-cache.ts'
import type { Moment } from '../nodes/database-time.ts'
import { AGENT_COLUMNS, type FoundRow, toChangeRow, toLease } from '../rows.ts'
import { atRevision, toRecordedAgent, toTransitionRow } from './transition-rows.ts'

/** Intents per group; a single caller may submit more. */
const GROUP_LIMIT = 500
/** Most attempts to write a group whose agents other nodes change meanwhile. */
const MAX_ATTEMPTS = 20
/** Placeholder base for revisions, which are only assigned when they are written. */
const UNKNOWN_BASE = 2 ** 52

const FIND = {
  name: 'find',
  text: `SELECT m.*, ${AGENT_COLUMNS}, (SELECT ends_at FROM rollcall.brake) AS brake_ends_at,
      (SELECT version FROM rollcall.maintenance_version) AS maintenance_version
    FROM rollcall.moment($1) m LEFT JOIN rollcall.agents a ON a.agent_id = ANY ($2::text[])`,
}
const COMMIT = {
  name: 'commit',
  text: 'SELECT base, branch, is_stale FROM rollcall.commit_changes($1::json, $2::json, $3, $4)',
}

type FoundAgentRow = FoundRow & {
  readonly brake_ends_at: string | null
  readonly maintenance_version: string
}

/** Some agents, as they are at a moment. */
interface Found {
  readonly found: Map<string, Lease>
  readonly moment: Moment
  /** When the brake on mass expiry ends; undefined: it is off. */
  readonly brakeEndsAt: LeaseTime | undefined
  /** What operators have decided. */
  readonly maintenance: VersionedEntries
}

/** Receives the transitions that this node has committed. */
export interface CommitListener {
  /** Resolves when all subscribers on this node have received them. */
  committed(transitions: readonly Transition[], branch: string): Promise<void>
}

/** The outcome of some intents, and the moment at which they were evaluated. */
export interface Outcome {
  /** The agents after the intents; undefined: the agent is unknown, or the intent came too late. */
  readonly leases: readonly (Lease | Refusal | undefined)[]
  readonly times: LeaseTimes
}

/**
 * Writes all transitions, in groups: reads the agents, plans their changes with the rules that all stores
 * share, and writes them if the agents are still unchanged (optimistic concurrency).
 */
export class TransitionWriter {
  readonly #database: PostgresDatabase
  readonly #entries: EntriesCache
  readonly #listener: CommitListener
  readonly #probe: Pick<WriteProbe, 'refusal' | 'confirm' | 'check' | 'onRefusal'>
  readonly #queue = new WriteQueue<Outcome>()
  /** Number of queued or in-flight intents. */
  #pending = 0
  #isBusy = false
  /** Intents that arrive in one turn of the event loop share a group. */
  readonly #sending = new EndOfTurn(() => this.#sendNext())
  #count = 0
  #drained: (() => void)[] = []

  /** @param options.probe refuses changes while they cannot succeed */
  constructor(options: {
    database: PostgresDatabase
    entries: EntriesCache
    listener: CommitListener
    probe: Pick<WriteProbe, 'refusal' | 'confirm' | 'check' | 'onRefusal'>
  }) {
    this.#database = options.database
    this.#entries = options.entries
    this.#listener = options.listener
    this.#probe = options.probe
    this.#probe.onRefusal(() => this.#refuseWaiting())
  }

  /** Number of groups written. */
  get count(): number {
    return this.#count
  }

  /**
   * Resolves once the intents are durable, and delivered to the subscribers on this node.
   *
   * @throws RegistryError `OUTCOME_UNKNOWN` when they may be durable, but the database did not confirm it;
   *   any other error means that nothing was changed
   */
  async write(intents: readonly Intent[]): Promise<Outcome> {
    this.#requireCapacity()
    this.#sending.schedule()
    this.#pending += intents.length
    try {
      return await this.#queue.add(intents)
    } finally {
      this.#pending -= intents.length
    }
  }

  /** Returns whether an intent for the agent is queued or in flight. */
  isPending(agentId: string): boolean {
    return this.#queue.isPending(agentId)
  }

  get isIdle(): boolean {
    return this.#queue.isEmpty && !this.#isBusy
  }

  /** Resolves when nothing is queued or in flight. */
  drain(): Promise<void> {
    if (this.isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /** Fails fast while writes are blocked: a waiting change would only be refused later. */
  #requireCapacity(): void {
    const { refusal } = this.#probe
    if (refusal) {
      // Probes again, to detect when writes work again.
      this.#probe.check().catch(() => undefined)
      throw refusal
    }
    if (this.#pending < SERVER_LIMITS.postgresWaitingTransitions.value) return
    throw new RegistryError('OVERLOADED', `${this.#pending} changes are already waiting`)
  }

  /** Refuses all waiting changes: what blocks the group in flight would block them as well. */
  #refuseWaiting(): void {
    const { refusal } = this.#probe
    if (refusal === undefined) return
    for (const { reject } of this.#queue.take(Number.POSITIVE_INFINITY)) reject(refusal)
  }

  /** Sends one group after the other, so that intents take effect in order of arrival. */
  #sendNext(): void {
    if (!this.#queue.isEmpty && !this.#isBusy) void this.#send(this.#queue.take(GROUP_LIMIT))
  }

  async #send(group: readonly Submission<Outcome>[]): Promise<void> {
    this.#isBusy = true
    try {
      const outcomes = await this.#writeGroup(group.map(({ intents }) => intents))
      for (const [index, { resolve }] of group.entries()) resolve(outcomes[index] as Outcome)
    } catch (error) {
      for (const { reject } of group) reject(error)
      await this.#probe.confirm(error)
    } finally {
      this.#isBusy = false
      if (!this.#queue.isEmpty) this.#sending.schedule()
      else for (const resolve of this.#drained.splice(0)) resolve()
    }
  }

  async #writeGroup(group: readonly (readonly Intent[])[]): Promise<Outcome[]> {
    const ids = new Set(group.flat().map(({ agentId }) => agentId))
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const state = await this.#find([...ids])
      const { found, moment, brakeEndsAt, maintenance } = state
      const batch = new TransitionBatch({
        find: (agentId) => found.get(agentId),
        times: moment,
        revision: UNKNOWN_BASE,
        maintenanceOf: (agentId) => maintenance.entries.of(agentId),
        brakeEndsAt,
      })
      const outcomes = group.map((intents) => ({
        leases: intents.map((intent) => batch.add(intent)),
        times: moment,
      }))
      if (batch.changes.length === 0 || (await this.#commit(batch, state))) return outcomes
    }
    throw new RegistryError('STORAGE_UNAVAILABLE', 'other nodes keep changing the same agents')
  }

  async #find(ids: readonly string[]): Promise<Found> {
    const { row, rows, moment } = await this.#database.queryWithClock<FoundAgentRow>(FIND, [ids])
    const found = new Map<string, Lease>()
    for (const row of rows) if (row.agent_id !== null) found.set(row.agent_id, toLease(row))
    const { brake_ends_at: endsAt } = row
    const brakeEndsAt = endsAt === null ? undefined : leaseTime(Number(endsAt))
    const maintenance = await this.#entries.at(row.maintenance_version)
    return { found, moment, brakeEndsAt, maintenance }
  }

  /** Writes a batch. Returns false if another node has changed an agent, or maintenance, meanwhile. */
  async #commit(batch: TransitionBatch, { found, moment, maintenance }: Found): Promise<boolean> {
    const changes = [...lastChanges(batch.changes).values()].map((change) => {
      const { revision } = change.lease
      return {
        ...toChangeRow(change, found.get(change.lease.agentId), moment.lease),
        ordinal: Math.max(0, revision - UNKNOWN_BASE),
      }
    })
    const { transitions } = batch
    const [row] = await this.#database.write<CommitRow>(COMMIT, [
      JSON.stringify(changes),
      JSON.stringify(transitions.map(toTransitionRow)),
      // One line each: encoded as JSON a second time, they took the database twice as long.
      transitions.map(toRecordedAgent).join('\n'),
      maintenance.version,
    ])
    if (row === undefined || row.is_stale) return false
    this.#count++
    const base = Number(row.base)
    for (const { lease } of batch.changes) {
      if (lease.revision > UNKNOWN_BASE) lease.revision += base - UNKNOWN_BASE
    }
    if (transitions.length > 0) {
      await this.#listener.committed(
        transitions.map((transition, index) => atRevision(transition, base + index + 1)),
        row.branch,
      )
    }
    return true
  }
}

/** Returns the last change of each agent, with the last card that any of them writes. */
function lastChanges(changes: readonly Change[]): Map<string, Change> {
  const last = new Map<string, Change>()
  for (const change of changes) {
    const { agentId } = change.lease
    const card = change.card === undefined ? last.get(agentId)?.card : change.card
    last.set(agentId, card === change.card ? change : { ...change, card })
  }
  return last
}

interface CommitRow {
  readonly base: string
  /** The branch of the transitions. */
  readonly branch: string
  readonly is_stale: boolean
}

import type { Lease } from '../../../domain/lease.ts'
import type { LeaseTimes } from '../../../domain/lease-views.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { Transition } from '../../../domain/transition.ts'
import { type Intent, TransitionBatch } from '../../../domain/transition-batch.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { type Submission, WriteQueue } from '../../write-queue.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { WriteProbe } from '../connections/write-probe.ts'
import type { Moment } from '../nodes/database-time.ts'
import {
  AGENT_COLUMNS,
  atRevision,
  type FoundRow,
  toChangeRow,
  toLease,
  toRecordedAgent,
  toTransitionRow,
} from '../rows.ts'

/** Intents that go into one group, if single callers do not bring more. */
const GROUP_LIMIT = 500
/** How often a group is worked out anew because other nodes changed its agents meanwhile. */
const ATTEMPTS = 20
/** Revisions are only known once they are written; above this, they count from it. */
const UNKNOWN_BASE = 2 ** 52

const FIND = {
  name: 'find',
  text: `SELECT m.*, ${AGENT_COLUMNS}
    FROM rollcall.moment($1) m LEFT JOIN rollcall.agents a ON a.agent_id = ANY ($2::text[])`,
}
const COMMIT = {
  name: 'commit',
  text: 'SELECT base, is_stale FROM rollcall.commit($1::json, $2::json, $3)',
}

/** Hears of what this node has written. */
export interface CommitListener {
  /** Resolves when everybody on this node has heard of them. */
  written(transitions: readonly Transition[]): Promise<void>
}

/** What came of some intents, and the moment at which they were judged. */
export interface Outcome {
  /** The agents after the intents; undefined: there was none, or it came too late. */
  readonly leases: readonly (Lease | undefined)[]
  readonly times: LeaseTimes
}

/**
 * Everything that makes transitions, in groups: reads the agents, works out what happens to them
 * with the rules that all stores share, and writes that down if they still are as they were read.
 */
export class TransitionWriter {
  readonly #database: PostgresDatabase
  readonly #listener: CommitListener
  readonly #probe: Pick<WriteProbe, 'refusal' | 'confirm' | 'check' | 'onRefusal'>
  readonly #queue = new WriteQueue<Outcome>()
  /** Intents that wait or are under way. */
  #unsettled = 0
  #isBusy = false
  #scheduled = false
  #count = 0
  #drained: (() => void)[] = []

  /** @param options.probe knows whether it is useless to try */
  constructor(options: {
    database: PostgresDatabase
    listener: CommitListener
    probe: Pick<WriteProbe, 'refusal' | 'confirm' | 'check' | 'onRefusal'>
  }) {
    this.#database = options.database
    this.#listener = options.listener
    this.#probe = options.probe
    this.#probe.onRefusal(() => this.#refuseWaiting())
  }

  /** Groups written so far. */
  get count(): number {
    return this.#count
  }

  /**
   * Resolves once the intents are durable, and told of on this node.
   *
   * @throws RegistryError `OUTCOME_UNKNOWN` when they may be, without an answer that says so; any
   *   other error means that nothing was changed
   */
  async write(intents: readonly Intent[]): Promise<Outcome> {
    this.#requireRoom()
    this.#schedule()
    this.#unsettled += intents.length
    try {
      return await this.#queue.add(intents)
    } finally {
      this.#unsettled -= intents.length
    }
  }

  /** Whether something that may change an agent waits or is under way. */
  isPending(agentId: string): boolean {
    return this.#queue.isPending(agentId)
  }

  get isIdle(): boolean {
    return this.#queue.isEmpty && !this.#isBusy
  }

  /** Resolves when nothing waits and nothing is under way. */
  drain(): Promise<void> {
    if (this.isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /** While writes are blocked, nothing waits for them: it would only be refused later. */
  #requireRoom(): void {
    const { refusal } = this.#probe
    if (refusal) {
      // Somebody has to find out when that is over.
      this.#probe.check().catch(() => undefined)
      throw refusal
    }
    if (this.#unsettled < SERVER_LIMITS.postgresWaitingTransitions.value) return
    throw new RegistryError('OVERLOADED', `${this.#unsettled} changes wait already`)
  }

  /** Refuses all that wait: what blocks the group before would block them as well. */
  #refuseWaiting(): void {
    const { refusal } = this.#probe
    if (refusal === undefined) return
    for (const { reject } of this.#queue.take(Number.POSITIVE_INFINITY)) reject(refusal)
  }

  /** At the end of this turn, so that whatever arrives in it goes together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      // One group after the other: what a node is told first also happens first.
      if (!this.#queue.isEmpty && !this.#isBusy) this.#send(this.#queue.take(GROUP_LIMIT))
    })
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
      if (!this.#queue.isEmpty) this.#schedule()
      else for (const resolve of this.#drained.splice(0)) resolve()
    }
  }

  async #writeGroup(group: readonly (readonly Intent[])[]): Promise<Outcome[]> {
    const ids = new Set(group.flat().map(({ agentId }) => agentId))
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const { found, moment } = await this.#find([...ids])
      const batch = new TransitionBatch({
        find: (agentId) => found.get(agentId),
        times: moment,
        revision: UNKNOWN_BASE,
      })
      const outcomes = group.map((intents) => ({
        leases: intents.map((intent) => batch.add(intent)),
        times: moment,
      }))
      if (batch.changes.length === 0 || (await this.#commit(batch, found, moment))) return outcomes
    }
    throw new RegistryError(
      'STORAGE_UNAVAILABLE',
      'other nodes change the same agents all the time',
    )
  }

  async #find(ids: readonly string[]): Promise<{ found: Map<string, Lease>; moment: Moment }> {
    const { rows, moment } = await this.#database.queryWithClock<FoundRow>(FIND, [ids])
    const found = new Map<string, Lease>()
    for (const row of rows) if (row.agent_id !== null) found.set(row.agent_id, toLease(row))
    return { found, moment }
  }

  /** False: somebody was faster. */
  async #commit(
    batch: TransitionBatch,
    found: ReadonlyMap<string, Lease>,
    moment: Moment,
  ): Promise<boolean> {
    const last = new Map(batch.changes.map((change) => [change.lease.agentId, change]))
    const changes = [...last.values()].map((change) => {
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
      // In one line each: in JSON once more, they took the database twice the time.
      transitions.map(toRecordedAgent).join('\n'),
    ])
    if (row === undefined || row.is_stale) return false
    this.#count++
    const base = Number(row.base)
    for (const { lease } of batch.changes) {
      if (lease.revision > UNKNOWN_BASE) lease.revision += base - UNKNOWN_BASE
    }
    if (transitions.length > 0) {
      await this.#listener.written(
        transitions.map((transition, index) => atRevision(transition, base + index + 1)),
      )
    }
    return true
  }
}

interface CommitRow {
  readonly base: string
  readonly is_stale: boolean
}

import type { HeartbeatsOutcome } from '../../../domain/agent-registry-repository.ts'
import { Refusal, requireAccepted, revisionAfter } from '../../../domain/change-condition.ts'
import type { Heartbeat, HeartbeatReceipt } from '../../../domain/heartbeat.ts'
import { callerOf } from '../../../domain/intent.ts'
import type { Lease } from '../../../domain/lease.ts'
import { type LeaseTimes, toHeartbeatReceipt } from '../../../domain/lease-views.ts'
import { BatchOutcome, mergeHeartbeats } from '../../../domain/merged-heartbeats.ts'
import type { HistoryLimits } from '../../history-limit.ts'
import { ChangeRateLimiter } from '../../pacing/change-rate-limiter.ts'
import { type AgentIntent, PacedChanges, toIntent } from '../../pacing/paced-changes.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import { partiallyRenewed } from '../connections/errors.ts'
import type { TransitionWriter } from '../transitions/transition-writer.ts'
import { HeartbeatWriter } from './heartbeat-writer.ts'
import type { LoadExchange } from './load-exchange.ts'

/** Most changes of agents in one statement. */
const CHANGE_BATCH_SIZE = 1000

/** The outcome of a change, and the moment at which it was evaluated. */
export interface ChangeOutcome {
  /** The agent after the change; undefined: unknown agent. */
  readonly lease: Lease | Refusal | undefined
  readonly times: LeaseTimes
}

/** Writes heartbeats to the database: plain ones in batches, those that change the agent as transitions. */
export class PostgresHeartbeats {
  readonly #loads: LoadExchange
  readonly #transitions: TransitionWriter
  readonly #writer: HeartbeatWriter
  readonly #changes: PacedChanges<ChangeOutcome>

  constructor(options: {
    database: PostgresDatabase
    loads: LoadExchange
    transitions: TransitionWriter
    changes: PacedChanges<ChangeOutcome>
  }) {
    const { database, loads, transitions } = options
    this.#loads = loads
    this.#transitions = transitions
    this.#changes = options.changes
    this.#writer = new HeartbeatWriter({
      database,
      isPending: (agentId, { status, load }) =>
        transitions.isPending(agentId) ||
        ((status !== undefined || load !== undefined) && this.#changes.isWaiting(agentId)),
      loads,
    })
  }

  /** Number of plain heartbeats written. */
  get saved(): number {
    return this.#writer.saved
  }

  /** Number of heartbeats waiting for a statement. */
  get waiting(): number {
    return this.#writer.waiting
  }

  /** See `AgentRegistryRepository.updateHeartbeat`. */
  async update(heartbeat: Heartbeat): Promise<HeartbeatReceipt | undefined> {
    // A reported status has probably changed: when idle, writing a transition directly is faster.
    const isIdle = this.#writer.isIdle && this.#transitions.isIdle
    const isChange =
      heartbeat.ifRevision !== undefined || (heartbeat.status !== undefined && isIdle)
    const receipt = isChange ? undefined : await this.#writer.renew(heartbeat)
    if (receipt !== undefined) return receipt
    const [outcome] = await this.#change([toIntent(heartbeat)])
    const { lease: changed, times } = outcome as ChangeOutcome
    const lease = requireAccepted(changed, heartbeat)
    if (heartbeat.load !== undefined) this.reportLoad(lease, times)
    return lease && toHeartbeatReceipt(lease, times)
  }

  /** See `AgentRegistryRepository.updateHeartbeats`. */
  async updateAll(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome> {
    const others = await this.#writer.renewAll(heartbeats)
    const outcome = new BatchOutcome(heartbeats.length)
    if (others.length === 0) return outcome.result()
    const merged = mergeHeartbeats(others)
    const isPartial = others.length < heartbeats.length
    const outcomes = await this.#change(merged.map(toIntent)).catch((error: unknown) => {
      // The leases renewed above stay renewed, whether or not the rest fails.
      throw isPartial ? partiallyRenewed(error) : error
    })
    for (const [index, { lease, times }] of outcomes.entries()) {
      if (merged[index]?.load !== undefined) this.reportLoad(lease, times)
    }
    const leases = outcomes.map(({ lease }) => lease)
    outcome.add(others, merged, leases)
    return outcome.result()
  }

  /** Notifies the load listeners on all nodes of the agent's load. */
  reportLoad(lease: Lease | Refusal | undefined, times: LeaseTimes): void {
    if (lease === undefined || lease instanceof Refusal || !this.#loads.isFollowed) return
    this.#loads.report(lease.agentId, lease.load, times.beatToWall(lease.lastBeat))
  }

  /** Writes changes. Deferred changes renew the lease immediately. */
  async #change(intents: readonly AgentIntent[]): Promise<ChangeOutcome[]> {
    const waiting = intents.filter((intent) => this.#changes.mustWait(intent))
    if (waiting.length > 0) {
      await this.#writer.renewAll(waiting.map(renewalOf))
    }
    return this.#changes.addAll(intents)
  }

  /** Resolves when no heartbeat is in flight. */
  async drain(): Promise<void> {
    await this.#writer.drain()
  }
}

/** The heartbeat that renews the lease until a change is recorded. */
function renewalOf(intent: AgentIntent): Heartbeat {
  const { agentId } = intent
  const caller = callerOf(intent)
  return intent.event === 'register'
    ? { agentId, caller }
    : { agentId, caller, instanceId: intent.report.instanceId }
}

/** Creates the rate-limited writer for changes made by agents. */
export function pacedChanges(
  transitions: TransitionWriter,
  limits: HistoryLimits,
): PacedChanges<ChangeOutcome> {
  return new PacedChanges({
    rateLimiter: new ChangeRateLimiter(limits),
    write: async (intents) => {
      const { leases, times } = await transitions.write(intents)
      return leases.map((lease) => ({ lease, times }))
    },
    revisionOf: ({ lease }) => revisionAfter(lease),
    maxBatchSize: CHANGE_BATCH_SIZE,
  })
}

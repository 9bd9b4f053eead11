import type { HeartbeatsOutcome } from '../../../domain/agent-registry-repository.ts'
import type { Heartbeat, HeartbeatReceipt } from '../../../domain/heartbeat.ts'
import type { Lease } from '../../../domain/lease.ts'
import { type LeaseTimes, toHeartbeatReceipt } from '../../../domain/lease-views.ts'
import { mergeHeartbeats } from '../../../domain/merged-heartbeats.ts'
import type { HistoryLimits } from '../../history-limit.ts'
import { ChangeRateLimiter } from '../../pacing/change-rate-limiter.ts'
import { type AgentIntent, PacedChanges, toIntent } from '../../pacing/paced-changes.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import { partlyDone } from '../connections/errors.ts'
import type { TransitionWriter } from '../transitions/transition-writer.ts'
import { HeartbeatWriter } from './heartbeat-writer.ts'
import type { LoadExchange } from './load-exchange.ts'

/** Changes that agents make which go into one statement, if a caller brings more. */
const CHANGE_BATCH_SIZE = 1000

/** What came of a change of one agent, and the moment at which it was judged. */
export interface ChangeOutcome {
  /** The agent after it; undefined: there was none. */
  readonly lease: Lease | undefined
  readonly times: LeaseTimes
}

/** Heartbeats to a database: plain ones many in a statement, those that change something as transitions. */
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

  /** Heartbeats written so far that changed nothing visible. */
  get saved(): number {
    return this.#writer.saved
  }

  /** Heartbeats that wait for a statement. */
  get waiting(): number {
    return this.#writer.waiting
  }

  /** As `AgentRegistryRepository.updateHeartbeat`. */
  async update(heartbeat: Heartbeat): Promise<HeartbeatReceipt | undefined> {
    // A status that is reported has probably changed: with nothing else to do, that way is shorter.
    const isIdle = this.#writer.isIdle && this.#transitions.isIdle
    const isChange = heartbeat.status !== undefined && isIdle
    const receipt = isChange ? undefined : await this.#writer.beat(heartbeat)
    if (receipt !== undefined) return receipt
    const [outcome] = await this.#change([toIntent(heartbeat)])
    const { lease, times } = outcome as ChangeOutcome
    if (heartbeat.load !== undefined) this.reportLoad(lease, times)
    return lease && toHeartbeatReceipt(lease, times)
  }

  /** As `AgentRegistryRepository.updateHeartbeats`. */
  async updateAll(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome> {
    const others = await this.#writer.beatAll(heartbeats)
    if (others.length === 0) return { ok: heartbeats.length, unknown: [] }
    const merged = mergeHeartbeats(others)
    const isPart = others.length < heartbeats.length
    const outcomes = await this.#change(merged.map(toIntent)).catch((error: unknown) => {
      // What was renewed already is done, whatever becomes of the rest.
      throw isPart ? partlyDone(error) : error
    })
    for (const [index, { lease, times }] of outcomes.entries()) {
      if (merged[index]?.load !== undefined) this.reportLoad(lease, times)
    }
    const missing = merged.filter((_, index) => outcomes[index]?.lease === undefined)
    const gone = new Set(missing.map(({ agentId }) => agentId))
    const unknown = others.filter(({ agentId }) => gone.has(agentId))
    return {
      ok: heartbeats.length - unknown.length,
      unknown: unknown.map(({ agentId }) => agentId),
    }
  }

  /** Passes the load of an agent on to those who follow loads, on any node. */
  reportLoad(lease: Lease | undefined, times: LeaseTimes): void {
    if (lease === undefined || !this.#loads.isFollowed) return
    this.#loads.report(lease.agentId, lease.load, times.beatToWall(lease.lastBeat))
  }

  /** What is reported may have to wait; a lease does not. */
  async #change(intents: readonly AgentIntent[]): Promise<ChangeOutcome[]> {
    const waiting = intents.filter((intent) => this.#changes.mustWait(intent))
    if (waiting.length > 0) {
      await this.#writer.beatAll(waiting.map(({ agentId }) => ({ agentId })))
    }
    return this.#changes.addAll(intents)
  }

  /** Resolves when no heartbeat is under way. */
  async drain(): Promise<void> {
    await this.#writer.drain()
  }
}

/** The changes that agents make, as transitions. */
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
    revisionOf: ({ lease }) => lease?.revision,
    maxBatchSize: CHANGE_BATCH_SIZE,
  })
}

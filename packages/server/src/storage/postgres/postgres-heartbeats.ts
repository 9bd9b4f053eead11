import type { HeartbeatsOutcome } from '../../domain/agent-registry-repository.ts'
import type { Heartbeat, HeartbeatReceipt } from '../../domain/heartbeat.ts'
import type { LeaseFields } from '../../domain/lease.ts'
import { type LeaseTimes, showReceipt } from '../../domain/lease-times.ts'
import { mergeHeartbeats } from '../../domain/merged-heartbeats.ts'
import { ChangePace } from '../change-pace.ts'
import type { HistoryLimits } from '../history-limit.ts'
import { PacedChanges, toIntent } from '../paced-changes.ts'
import { HeartbeatWriter } from './heartbeat-writer.ts'
import type { LoadExchange } from './load-exchange.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { partlyDone } from './postgres-errors.ts'
import type { TransitionWriter } from './transition-writer.ts'

/** Changes of status that go into one statement, if a caller brings more. */
const CHANGES_AT_ONCE = 1000

/** Heartbeats to a database: plain ones many in a statement, those that change something as transitions. */
export class PostgresHeartbeats {
  readonly #loads: LoadExchange
  readonly #transitions: TransitionWriter
  readonly #writer: HeartbeatWriter
  readonly #changes: PacedChanges<{ lease: LeaseFields | undefined; times: LeaseTimes }>

  constructor(options: {
    database: PostgresDatabase
    loads: LoadExchange
    transitions: TransitionWriter
    limits: HistoryLimits
  }) {
    const { database, loads, transitions } = options
    this.#loads = loads
    this.#transitions = transitions
    this.#changes = new PacedChanges({
      pace: new ChangePace(options.limits),
      write: async (heartbeats) => {
        const { leases, times } = await transitions.write(heartbeats.map(toIntent))
        return leases.map((lease) => ({ lease, times }))
      },
      mostAtOnce: CHANGES_AT_ONCE,
    })
    this.#writer = new HeartbeatWriter({
      database,
      isPending: (agentId) => transitions.isPending(agentId) || this.#changes.isWaiting(agentId),
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
    const { lease, times } = await this.#changes.add(heartbeat)
    if (heartbeat.load !== undefined) this.reportLoad(lease, times)
    return lease && showReceipt(lease, times)
  }

  /** As `AgentRegistryRepository.updateHeartbeats`. */
  async updateAll(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome> {
    const others = await this.#writer.beatAll(heartbeats)
    if (others.length === 0) return { ok: heartbeats.length, unknown: [] }
    const merged = mergeHeartbeats(others)
    const isPart = others.length < heartbeats.length
    const outcomes = await this.#changes.addAll(merged).catch((error: unknown) => {
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
  reportLoad(lease: LeaseFields | undefined, times: LeaseTimes): void {
    if (lease === undefined || !this.#loads.isFollowed) return
    this.#loads.report(lease.agentId, lease.load, times.beatToWall(lease.lastBeat))
  }

  /** Records a change of an agent that waits, because something else is to happen to the agent. */
  recordNow(agentId: string): void {
    this.#changes.recordNow(agentId)
  }

  /** Records all changes that wait; resolves when no heartbeat is under way. */
  async drain(): Promise<void> {
    this.#changes.recordAll()
    await this.#writer.drain()
  }
}

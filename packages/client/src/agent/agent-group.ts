import { LIMITS } from '@rollcall/protocol'
import { type ClientEvents, EventEmitter } from '../client-events.ts'
import { DiscoveryClient, type DiscoveryOptions } from '../discovery-client.ts'
import { ApiError } from '../errors/api-error.ts'
import type { ClientOptions } from '../options/client-options.ts'
import type { HeartbeatsNotAccepted } from '../transport/registry-api.ts'
import { heartbeatTimeoutMs } from './agent-heartbeats.ts'
import type { AgentInstance } from './agent-instance.ts'
import type { Delivery } from './agent-report.ts'
import { type BatchedHeartbeat, sendBatch } from './heartbeat-batch.ts'
import { HeartbeatLoop } from './heartbeat-loop.ts'
import type { HeartbeatSchedule } from './heartbeat-schedule.ts'
import { OutageLog } from './outage-log.ts'

/** Maximum number of heartbeats in one request. */
const MAX_BATCH_SIZE = 10_000
/** Concurrent calls for single agents: those that the registry has lost, that another instance has registered, or that leave. */
const MAX_CONCURRENT_CALLS = 16
/** Milliseconds for deregistering: 10 000 agents take about 3 s. */
const CLOSE_TIMEOUT_MS = 20_000

/** The outcome of an empty batch. */
const NOTHING_REFUSED: HeartbeatsNotAccepted = {
  intervalFactor: 1,
  unknown: [],
  superseded: [],
  forbidden: [],
}

/** Events of a group; its agents emit the others. */
export type GroupEvents = Pick<ClientEvents, 'error' | 'recovered'>

/** The interface of an agent in a group. */
export interface GroupMember {
  /** The unique id in the registry. */
  readonly agentId: string
  /** Lease duration in seconds. */
  readonly ttlSeconds: number
  /** @internal */
  readonly instance: AgentInstance
  on(name: 'closed' | 'superseded' | 'registered', listener: () => void): () => void
  /** @internal */
  beginHeartbeat(): Promise<Delivery | undefined>
  /** @internal */
  registerIfLost(options: { readonly signal: AbortSignal }): Promise<unknown>
  /** @internal */
  confirmSuperseded(options: { readonly signal: AbortSignal }): Promise<unknown>
  /** @internal */
  closesWithGroup(): void
  /** @internal */
  closeSilently(): Promise<unknown>
  close(): Promise<unknown>
}

/**
 * A group of agents in one process that share their heartbeats: one request renews all leases, as
 * often as the agent with the shortest TTL requires.
 */
export class AgentGroup<Member extends GroupMember>
  extends DiscoveryClient
  implements AsyncDisposable
{
  readonly #options: DiscoveryOptions
  readonly #join: (options: ClientOptions) => Promise<Member>
  readonly #members = new Map<string, Member>()
  readonly #events: EventEmitter<GroupEvents>
  readonly #outage: OutageLog
  #loop: HeartbeatLoop | undefined
  readonly #closeOnAbort = (): void => void this.close()

  /** @internal Use `AgentRegistryClient.group()`. */
  constructor(options: DiscoveryOptions, join: (options: ClientOptions) => Promise<Member>) {
    super(options)
    this.#options = options
    this.#join = join
    this.#outage = new OutageLog(this.logger, {
      subject: 'a group of agents',
      problem: 'cannot send heartbeats',
      registryUrl: this.registryUrl,
    })
    this.#events = new EventEmitter((error) => {
      this.logger.warn(`an event listener of the agent group failed: ${String(error)}`)
    })
  }

  /**
   * Subscribes to failures and recoveries of the group's heartbeats. Returns a function that
   * unsubscribes.
   */
  on<Name extends keyof GroupEvents>(
    name: Name,
    listener: (payload: GroupEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** The agents that have joined, not left, and not been taken over by another instance. */
  get agents(): readonly Member[] {
    return [...this.#members.values()]
  }

  /**
   * Registers an agent like `AgentRegistryClient.join`; the group sends its heartbeats from then
   * on.
   */
  async join(options: ClientOptions): Promise<Member> {
    const agent = await this.#join({ ...this.#options, ...options, heartbeatFrom: 'none' })
    if (options.signal === undefined) {
      agent.closesWithGroup()
      this.#options.signal?.addEventListener('abort', this.#closeOnAbort, { once: true })
    }
    this.#members.set(agent.agentId, agent)
    agent.on('closed', () => this.#members.delete(agent.agentId))
    agent.on('superseded', () => this.#dropUntilRegistered(agent))
    await this.#adjustInterval(agent.ttlSeconds)
    return agent
  }

  /**
   * Removes an agent from the group without deregistering it: its lease lapses unless renewed
   * elsewhere.
   */
  leave(agentId: string): void {
    this.#members.delete(agentId)
  }

  /**
   * Closes all agents of the group, 16 at a time. Idempotent.
   *
   * @param options.timeoutMs milliseconds in which agents are deregistered, default 20 000; the leases
   *   of those that are left then lapse
   */
  async close(options: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    const { timeoutMs = CLOSE_TIMEOUT_MS } = options
    this.#options.signal?.removeEventListener('abort', this.#closeOnAbort)
    const loop = this.#loop
    this.#loop = undefined
    await loop?.stop()
    const deadline = this.clock.now() + timeoutMs
    let late = 0
    await forEach(this.agents, async (agent) => {
      if (this.clock.now() < deadline) return agent.close()
      late++
      return agent.closeSilently()
    })
    if (late > 0) {
      this.logger.warn(
        `a group left ${late} of its agents registered after ${timeoutMs} ms; their leases lapse`,
      )
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #dropUntilRegistered(agent: Member): void {
    if (!this.#members.delete(agent.agentId)) return
    const stop = agent.on('registered', () => {
      stop()
      this.#members.set(agent.agentId, agent)
      void this.#adjustInterval(agent.ttlSeconds)
    })
  }

  /** A new member may have a shorter TTL than the others. */
  async #adjustInterval(ttlSeconds: number): Promise<void> {
    const previous = this.#loop
    // Not compared with all members: a large group would take quadratic time to join.
    if (previous && previous.ttlSeconds <= ttlSeconds) return
    // Set before the old loop has stopped: other agents may join in the meantime.
    this.#loop = new HeartbeatLoop({
      clock: this.clock,
      ttlSeconds,
      keepsAlive: false,
      sendHeartbeat: (signal) => this.#renewAll(signal),
      register: (signal) => this.#renewAll(signal),
      failed: (error) => {
        this.#outage.failed(error)
        this.#events.emit('error', error)
      },
      // Each agent emits these events itself.
      lost: () => undefined,
      reregistered: () => undefined,
      recovered: (outage) => {
        this.#outage.succeeded()
        this.#events.emit('recovered', outage)
      },
    })
    this.#loop.start()
    await previous?.stop()
  }

  get #shortestTtl(): number {
    return this.agents.reduce(
      (shortest, { ttlSeconds }) => Math.min(shortest, ttlSeconds),
      Infinity,
    )
  }

  async #renewAll(signal: AbortSignal): Promise<HeartbeatSchedule> {
    const members = [...this.#members.values()]
    // At least 1: no registry may ask for more heartbeats than usual.
    let factor = 1
    for (let start = 0; start < members.length; start += MAX_BATCH_SIZE) {
      const batch = members.slice(start, start + MAX_BATCH_SIZE)
      factor = Math.max(factor, await this.#renewBatch(batch, signal))
    }
    const ttlSeconds = this.#members.size > 0 ? this.#shortestTtl : LIMITS.ttlSeconds.default
    return { ttlSeconds, intervalSeconds: (ttlSeconds / 3) * factor }
  }

  /** Returns how many times as far apart as usual heartbeats are to be sent. */
  async #renewBatch(members: readonly Member[], signal: AbortSignal): Promise<number> {
    const heartbeats: BatchedHeartbeat[] = []
    await Promise.all(
      members.map(async (member) => {
        const delivery = await member.beginHeartbeat()
        if (delivery)
          heartbeats.push({ agentId: member.agentId, instance: member.instance, delivery })
      }),
    )
    let refused: ReadonlySet<string> | undefined
    let outcome: HeartbeatsNotAccepted = NOTHING_REFUSED
    try {
      const options = { signal, timeoutMs: heartbeatTimeoutMs(this.timeoutMs, this.#shortestTtl) }
      if (heartbeats.length > 0) outcome = await sendBatch(this.api, heartbeats, options)
      refused = new Set([...outcome.unknown, ...outcome.superseded, ...outcome.forbidden])
    } finally {
      for (const { agentId, delivery } of heartbeats) delivery.end(refused?.has(agentId) === false)
    }
    await forEach(this.#membersOf(outcome.superseded), (member) =>
      member.confirmSuperseded({ signal }),
    )
    await forEach(this.#membersOf(outcome.unknown), (member) => member.registerIfLost({ signal }))
    requireNoneForbidden(outcome.forbidden)
    return outcome.intervalFactor
  }

  #membersOf(agentIds: readonly string[]): Member[] {
    return agentIds.flatMap((agentId) => this.#members.get(agentId) ?? [])
  }
}

/** Makes a call for each of them, some at a time, even if some fail; then throws the first error. */
async function forEach<Member>(
  members: readonly Member[],
  call: (member: Member) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = []
  const waiting = members.values()
  const work = async (): Promise<void> => {
    // Shared by all: each takes the next one.
    for (const member of waiting) await call(member).catch((error) => failures.push(error))
  }
  await Promise.all(Array.from({ length: MAX_CONCURRENT_CALLS }, work))
  if (failures.length > 0) throw failures[0]
}

function requireNoneForbidden([first, ...others]: readonly string[]): void {
  if (first === undefined) return
  const more = others.length > 0 ? ` and ${others.length} more agents` : ''
  const message = `the token may not change agent ${first}${more}`
  throw new ApiError(message, { status: 403, code: 'FORBIDDEN' })
}

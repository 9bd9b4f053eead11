import { type ClientEvents, EventEmitter } from '../client-events.ts'
import { DiscoveryClient, type DiscoveryOptions } from '../discovery-client.ts'
import type { JoinOptions } from '../options/client-options.ts'
import { heartbeatTimeoutMs } from './agent-heartbeats.ts'
import type { Delivery } from './agent-report.ts'
import { HeartbeatLoop } from './heartbeat-loop.ts'
import type { HeartbeatSchedule } from './heartbeat-schedule.ts'
import { OutageLog } from './outage-log.ts'

/** Heartbeats in one call, at the most. */
const BATCH_LIMIT = 10_000
/** Registrations at once, when the registry has forgotten many. */
const REGISTRATIONS_AT_ONCE = 16

const DEFAULT_TTL_SECONDS = 60

/** What a group tells of; its agents tell of the rest. */
export type GroupEvents = Pick<ClientEvents, 'error' | 'recovered'>

/** What a group asks of its agents. */
export interface GroupMember {
  /** Names it in the registry. */
  readonly agentId: string
  /** Seconds that it is listed without a heartbeat. */
  readonly ttlSeconds: number
  on(name: 'closed', listener: () => void): () => void
  beginHeartbeat(): Promise<Delivery | undefined>
  registerIfLost(options: { readonly signal: AbortSignal }): Promise<unknown>
  close(): Promise<unknown>
}

/**
 * Agents of one process that share their heartbeats: one call renews all of them, as often as the
 * most impatient of them needs it.
 */
export class AgentGroup<Member extends GroupMember>
  extends DiscoveryClient
  implements AsyncDisposable
{
  readonly #options: DiscoveryOptions
  readonly #join: (options: JoinOptions) => Promise<Member>
  readonly #members = new Map<string, Member>()
  readonly #events: EventEmitter<GroupEvents>
  readonly #outage: OutageLog
  #loop: HeartbeatLoop | undefined

  /** @internal Use `AgentRegistryClient.group()`. */
  constructor(options: DiscoveryOptions, join: (options: JoinOptions) => Promise<Member>) {
    super(options)
    this.#options = options
    this.#join = join
    this.#outage = new OutageLog(this.logger, {
      who: 'a group of agents',
      what: 'cannot send heartbeats',
      registryUrl: this.registryUrl,
    })
    this.#events = new EventEmitter((error) => {
      this.logger.warn(`a listener of the agent group failed: ${String(error)}`)
    })
  }

  /** Calls back when heartbeats of the group fail, or come through again. */
  on<Name extends keyof GroupEvents>(
    name: Name,
    listener: (told: GroupEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** Those who have joined and not left. */
  get agents(): readonly Member[] {
    return [...this.#members.values()]
  }

  /** As `AgentRegistryClient.join`; from here on the group sends the heartbeats of the agent. */
  async join(options: JoinOptions): Promise<Member> {
    const agent = await this.#join({ ...this.#options, ...options, heartbeatFrom: 'none' })
    this.#members.set(agent.agentId, agent)
    agent.on('closed', () => this.#members.delete(agent.agentId))
    await this.#beatAsOftenAsNeeded()
    return agent
  }

  /** Gives an agent up without deregistering it: somebody else keeps it, or its lease lapses. */
  leave(agentId: string): void {
    this.#members.delete(agentId)
  }

  /** Closes all agents of the group. Twice is fine. */
  async close(): Promise<void> {
    await this.#loop?.stop()
    await Promise.all(this.agents.map((agent) => agent.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** A new member may have a shorter TTL than the others. */
  async #beatAsOftenAsNeeded(): Promise<void> {
    const ttlSeconds = this.#shortestTtl
    const before = this.#loop
    if (before?.ttlSeconds === ttlSeconds) return
    // In place before the old one has stopped: others may join meanwhile.
    this.#loop = new HeartbeatLoop({
      clock: this.clock,
      ttlSeconds,
      keepsAlive: false,
      beat: (signal) => this.#beat(signal),
      register: (signal) => this.#beat(signal),
      failed: (error) => {
        this.#outage.failed(error)
        this.#events.tell('error', error)
      },
      // The agents tell of that, each for itself.
      lost: () => undefined,
      reregistered: () => undefined,
      recovered: (story) => {
        this.#outage.succeeded()
        this.#events.tell('recovered', story)
      },
    })
    this.#loop.start()
    await before?.stop()
  }

  get #shortestTtl(): number {
    return this.agents.reduce((least, { ttlSeconds }) => Math.min(least, ttlSeconds), Infinity)
  }

  async #beat(signal: AbortSignal): Promise<HeartbeatSchedule> {
    const members = [...this.#members.values()]
    for (let at = 0; at < members.length; at += BATCH_LIMIT) {
      await this.#beatFor(members.slice(at, at + BATCH_LIMIT), signal)
    }
    const ttlSeconds = this.#members.size > 0 ? this.#shortestTtl : DEFAULT_TTL_SECONDS
    return { ttlSeconds, intervalSeconds: ttlSeconds / 3 }
  }

  async #beatFor(members: readonly Member[], signal: AbortSignal): Promise<void> {
    const deliveries = new Map<string, Delivery>()
    await Promise.all(
      members.map(async (member) => {
        const delivery = await member.beginHeartbeat()
        if (delivery) deliveries.set(member.agentId, delivery)
      }),
    )
    let unknown: ReadonlySet<string> | undefined
    try {
      const heartbeats = [...deliveries].map(([agentId, { report }]) => ({
        agent_id: agentId,
        ...report,
      }))
      const options = { signal, timeoutMs: heartbeatTimeoutMs(this.timeoutMs, this.#shortestTtl) }
      if (heartbeats.length > 0) unknown = new Set(await this.api.heartbeats(heartbeats, options))
    } finally {
      for (const [agentId, { end }] of deliveries) end(unknown?.has(agentId) === false)
    }
    await this.#registerAgain([...(unknown ?? [])], signal)
  }

  /** All of them, also when some are refused; then it fails with the first refusal. */
  async #registerAgain(agentIds: readonly string[], signal: AbortSignal): Promise<void> {
    const failures: unknown[] = []
    for (let at = 0; at < agentIds.length; at += REGISTRATIONS_AT_ONCE) {
      const some = agentIds.slice(at, at + REGISTRATIONS_AT_ONCE)
      const outcomes = await Promise.allSettled(
        some.map((agentId) => this.#members.get(agentId)?.registerIfLost({ signal })),
      )
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') failures.push(outcome.reason)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}

import { type RegisteredAgent, type RegistrationWarning, withoutPassword } from '@rollcall/protocol'
import { AgentGroup } from './agent-group.ts'
import { backoffMs } from './backoff.ts'
import { type ClientEvents, EventTeller } from './client-events.ts'
import { type AgentOptions, type ResolvedAgent, resolveAgent } from './client-options.ts'
import type { CallOptions } from './connection.ts'
import { DiscoveryClient, type DiscoveryOptions } from './discovery-client.ts'
import { isRegistryClientError } from './errors/client-error.ts'
import { joinFailure } from './errors/join-failure.ts'
import { HeartbeatLoop, type Pulse } from './heartbeat-loop.ts'
import { OutageLog } from './outage-log.ts'
import { pauseFor } from './pause.ts'
import type { HeartbeatReport } from './registry-api.ts'
import { type Agent, toAgent, toRegistration } from './wire.ts'

/** Milliseconds that a goodbye may take: nobody waits long for an agent that wants to stop. */
const GOODBYE_MS = 2000
/** Milliseconds that `join` tries before it gives up. */
const JOIN_LIMIT_MS = 30_000

/** What {@link AgentRegistryClient.join} takes. */
export interface JoinOptions extends AgentOptions {
  /** Milliseconds to try while the registry cannot be reached; default 30 000. */
  readonly joinTimeoutMs?: number | undefined
  /** Default `timer`; `none`: somebody else sends them, such as a group or a worker thread. */
  readonly heartbeatFrom?: 'timer' | 'none' | undefined
}

/**
 * An agent in the registry, for as long as it likes.
 *
 * ```ts
 * const agent = await AgentRegistryClient.join({ agentId: 'researcher-1', agentName: 'Researcher', port: 8000 })
 * ```
 *
 * It registers, beats, registers again when the registry has forgotten it, and says goodbye when
 * it is closed. It also finds others: see {@link DiscoveryClient}.
 */
export class AgentRegistryClient extends DiscoveryClient implements AsyncDisposable {
  readonly #options: AgentOptions
  readonly #agent: ResolvedAgent
  readonly #events: EventTeller<ClientEvents>
  #loop: HeartbeatLoop | undefined
  #said: HeartbeatReport
  #ttlSeconds: number
  #warnings: readonly RegistrationWarning[] = []
  /** What was said already: every registration is warned anew. */
  readonly #warned = new Set<string>()
  /** The last registration, however it ends. */
  #registering: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  /**
   * Does nothing yet; `join` also registers and sends heartbeats.
   *
   * @throws TypeError or RangeError that names the option that is wrong
   */
  constructor(options: AgentOptions) {
    super(options)
    this.#options = options
    this.#agent = resolveAgent(options)
    this.#ttlSeconds = this.#agent.ttlSeconds
    this.#said = { status: options.status, load: options.load }
    this.#events = new EventTeller((error) => {
      this.logger.warn(`a listener of the registry client failed: ${String(error)}`)
    })
    options.signal?.addEventListener('abort', () => this.close(), { once: true })
  }

  /**
   * Registers an agent and keeps it registered. While the registry cannot be reached, it tries on,
   * and says so once.
   *
   * @throws ApiError when the registry refuses the registration; the last error when it could not
   *   be reached in time, or that of the registry that refuses: both without a stack; the reason of `signal`
   */
  static async join(options: JoinOptions): Promise<AgentRegistryClient> {
    const client = new AgentRegistryClient(options)
    const { clock } = client
    const began = clock.now()
    const deadline = began + (options.joinTimeoutMs ?? JOIN_LIMIT_MS)
    const outage = client.#outageLog('cannot be registered')
    for (let failures = 1; ; failures++) {
      try {
        await client.register()
        outage.succeeded()
        if (options.heartbeatFrom !== 'none') client.startHeartbeatLoop()
        return client
      } catch (error) {
        options.signal?.throwIfAborted()
        const pause = backoffMs(failures, 5000, clock.random())
        if (!isRegistryClientError(error)) throw error
        if (!error.isTransient) throw joinFailure(error)
        if (clock.now() + pause > deadline) throw joinFailure(error, clock.now() - began)
        client.#events.tell('error', error)
        outage.failed(error)
        await pauseFor(clock, pause, options.signal)
      }
    }
  }

  /** Agents of one process that share their heartbeats: one call for all of them. */
  static group(options: DiscoveryOptions = {}): AgentGroup {
    return new AgentGroup(options, (agent) => AgentRegistryClient.join(agent))
  }

  /** As it was given. */
  get agentId(): string {
    return this.#agent.agentId
  }

  /** Seconds that the agent is listed without a heartbeat, as the registry last said. */
  get ttlSeconds(): number {
    return this.#ttlSeconds
  }

  /** What the registry doubted about the last registration; see the event `warning`. */
  get warnings(): readonly RegistrationWarning[] {
    return this.#warnings
  }

  /** Calls back when something happens in the life of the agent. Returns what ends that. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (told: ClientEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** Registers with everything the agent is, or again. */
  async register(options?: CallOptions): Promise<Agent> {
    const agent = toAgent(await this.#register(options))
    this.#events.tell('registered', agent)
    return agent
  }

  /** Registers an agent that the registry has forgotten, with everything it is. */
  async registerAgain(options?: CallOptions): Promise<Agent> {
    this.#events.tell('lost', { agentId: this.agentId })
    const agent = toAgent(await this.#register(options))
    this.#events.tell('reregistered', agent)
    return agent
  }

  /** Begins to send heartbeats by itself, until it is closed. Twice is fine. */
  startHeartbeatLoop(): void {
    if (this.#loop || this.#closing) return
    const { heartbeatIntervalSeconds, agentId } = this.#agent
    let registered: Agent | undefined
    const outage = this.#outageLog('cannot send heartbeats')
    this.#loop = new HeartbeatLoop({
      clock: this.clock,
      ttlSeconds: this.#ttlSeconds,
      intervalSeconds: heartbeatIntervalSeconds,
      keepsAlive: this.#options.keepAlive ?? false,
      beat: (signal) => this.#beat({}, { signal, timeoutMs: this.#beatTimeoutMs }),
      register: async (signal) => {
        const answer = await this.#register({ signal, timeoutMs: this.#beatTimeoutMs })
        registered = toAgent(answer)
        return pulseOf(answer)
      },
      failed: (error) => {
        outage.failed(error)
        this.#events.tell('error', error)
      },
      lost: () => {
        const registryUrl = withoutPassword(this.registryUrl)
        this.logger.warn(
          `agent ${agentId}: ${registryUrl} does not know it any more; registering again`,
        )
        this.#events.tell('lost', { agentId })
      },
      reregistered: () => {
        if (registered) this.#events.tell('reregistered', registered)
      },
      recovered: (story) => {
        outage.succeeded()
        this.#events.tell('recovered', story)
      },
    })
    this.#loop.start()
  }

  /**
   * Sends one heartbeat now, with what there is to say. Also remembered for registering again.
   *
   * @throws ApiError `AGENT_NOT_FOUND` when the agent has to register
   */
  async heartbeat(report: HeartbeatReport = {}, options?: CallOptions): Promise<void> {
    this.#said = {
      status: report.status ?? this.#said.status,
      load: report.load ?? this.#said.load,
    }
    await this.#beat(report, options)
  }

  /** Tells everybody whether the agent takes work: `ready`, `busy` or `draining`. */
  setStatus(status: 'ready' | 'busy' | 'draining', options?: CallOptions): Promise<void> {
    return this.heartbeat({ status }, options)
  }

  /** Takes the agent out of the registry. False: it was not there. Heartbeats would be refused. */
  deregister(options?: CallOptions): Promise<boolean> {
    return this.api.deregister(this.agentId, this.withDefaults(options))
  }

  /** Stops the heartbeats and deregisters, as well as that can be done in 2 s. Twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#loop?.stop()
    // A registration that is still on its way would come after the goodbye.
    const registered = new AbortController()
    this.#registering.then(() => registered.abort())
    await pauseFor(this.clock, GOODBYE_MS, registered.signal)
    this.#events.tell('closed', { agentId: this.agentId })
    try {
      await this.api.deregister(this.agentId, { timeoutMs: GOODBYE_MS })
    } catch (error) {
      // Its lease will lapse by itself.
      this.logger.warn(`agent ${this.agentId} could not be deregistered: ${messageOf(error)}`)
    }
  }

  #outageLog(what: string): OutageLog {
    return new OutageLog(this.logger, {
      who: `agent ${this.agentId}`,
      what,
      registryUrl: this.registryUrl,
    })
  }

  /** A heartbeat that takes longer than a third of the TTL is better sent anew. */
  get #beatTimeoutMs(): number {
    return Math.min(this.timeoutMs, (this.#ttlSeconds * 1000) / 3)
  }

  async #beat(report: HeartbeatReport, options?: CallOptions): Promise<Pulse> {
    const { agentId } = this.#agent
    return pulseOf(await this.api.heartbeat(agentId, report, this.withDefaults(options)))
  }

  async #register(options?: CallOptions): Promise<RegisteredAgent> {
    const registering = this.api.register(
      toRegistration(this.#agent, { ...this.#options, ...this.#said }),
      this.withDefaults(options),
    )
    this.#registering = registering.then(nothing, nothing)
    const answer = await registering
    this.#ttlSeconds = answer.ttl_seconds
    this.#warnings = answer.warnings ?? []
    for (const warning of this.#warnings) this.#warn(warning)
    return answer
  }

  #warn(warning: RegistrationWarning): void {
    const { message } = warning
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    this.logger.warn(`agent ${this.agentId}: ${message}`)
    this.#events.tell('warning', warning)
  }
}

function nothing(): void {}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function pulseOf(answer: { ttl_seconds: number; heartbeat_interval_seconds: number }): Pulse {
  return {
    ttlSeconds: answer.ttl_seconds,
    intervalSeconds: answer.heartbeat_interval_seconds,
  }
}

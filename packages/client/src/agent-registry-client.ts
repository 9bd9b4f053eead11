import type { RegistrationWarning } from '@rollcall/protocol'
import { AgentGroup } from './agent/agent-group.ts'
import { AgentHeartbeats } from './agent/agent-heartbeats.ts'
import { agentLoop } from './agent/agent-loop.ts'
import { AgentRegistration } from './agent/agent-registration.ts'
import { AgentReport, type Delivery } from './agent/agent-report.ts'
import type { HeartbeatKeeper } from './agent/heartbeat-keeper.ts'
import type { HeartbeatLoop } from './agent/heartbeat-loop.ts'
import { OutageLog } from './agent/outage-log.ts'
import { type ClientEvents, EventEmitter } from './client-events.ts'
import { DiscoveryClient, type DiscoveryOptions } from './discovery-client.ts'
import { isApiError } from './errors/api-error.ts'
import { joinRegistry } from './join.ts'
import { type JoinOptions, type ResolvedAgent, resolveAgent } from './options/client-options.ts'
import type { CallOptions } from './transport/call.ts'
import type { AgentStatus, HeartbeatReport } from './transport/heartbeat-report.ts'
import { pauseFor } from './transport/pause.ts'
import type { Agent } from './transport/wire.ts'

/** Milliseconds that a goodbye may take: nobody waits long for an agent that wants to stop. */
const GOODBYE_MS = 2000

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
  readonly #options: JoinOptions
  readonly #agent: ResolvedAgent
  readonly #events: EventEmitter<ClientEvents>
  readonly #report: AgentReport
  readonly #registration: AgentRegistration
  readonly #heartbeats: AgentHeartbeats
  #keeper: HeartbeatKeeper | undefined
  #loop: HeartbeatLoop | undefined
  /** Heartbeats go out by themselves while it is registered. */
  #beats = false
  #hasLeft = false
  #closing: Promise<void> | undefined
  readonly #closeOnAbort = (): void => void this.close()

  /**
   * Does nothing yet; `join` also registers and sends heartbeats.
   *
   * @throws TypeError or RangeError that names the option that is wrong
   */
  constructor(options: JoinOptions) {
    super(options)
    this.#options = options
    this.#agent = resolveAgent(options)
    this.#events = new EventEmitter((error) => {
      this.logger.warn(`a listener of the registry client failed: ${String(error)}`)
    })
    const { api, registryUrl, timeoutMs, agentId } = this
    const report = new AgentReport(options)
    this.#report = report
    this.#registration = new AgentRegistration({
      api,
      registryUrl,
      options,
      agent: this.#agent,
      report,
      warn: (warning) => {
        this.logger.warn(`agent ${agentId}: ${warning.message}`)
        this.#events.tell('warning', warning)
      },
    })
    this.#heartbeats = new AgentHeartbeats({
      api,
      agentId,
      report,
      health: options,
      events: this.#events,
      timeoutMs,
      ttlSeconds: () => this.ttlSeconds,
      isRepeated: () => this.#isRepeated,
      late: (report, error) => this.#late(report, error),
    })
    options.signal?.addEventListener('abort', this.#closeOnAbort, { once: true })
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
    const { agentId, registryUrl, logger } = client
    const who = `agent ${agentId}`
    const outage = new OutageLog(logger, { who, what: 'cannot be registered', registryUrl })
    await joinRegistry(() => client.register(), {
      clock: client.clock,
      signal: options.signal,
      joinTimeoutMs: options.joinTimeoutMs,
      failed: (error) => {
        client.#events.tell('error', error)
        outage.failed(error)
      },
    })
    outage.succeeded()
    if (options.heartbeatFrom !== 'none') client.startHeartbeatLoop()
    return client
  }

  /** Agents of one process that share their heartbeats: one call for all of them. */
  static group(options: DiscoveryOptions = {}): AgentGroup<AgentRegistryClient> {
    return new AgentGroup(options, (agent) => AgentRegistryClient.join(agent))
  }

  /** As it was given. */
  get agentId(): string {
    return this.#agent.agentId
  }

  /** Seconds that the agent is listed without a heartbeat, as the registry last said. */
  get ttlSeconds(): number {
    return this.#registration.ttlSeconds
  }

  /** What the registry doubted about the last registration; see the event `warning`. */
  get warnings(): readonly RegistrationWarning[] {
    return this.#registration.warnings
  }

  /** Calls back when something happens in the life of the agent. Returns what ends that. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (told: ClientEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** Registers with everything the agent is, or again; after `deregister`, heartbeats go on. */
  async register(options?: CallOptions): Promise<Agent> {
    this.#hasLeft = false
    const { agent } = await this.#registration.send(options)
    this.#events.tell('registered', agent)
    if (this.#beats) this.startHeartbeatLoop()
    this.#keeper?.start()
    return agent
  }

  /** Registers an agent that the registry has forgotten, with everything it is. */
  async registerAgain(options?: CallOptions): Promise<Agent> {
    this.#events.tell('lost', { agentId: this.agentId })
    const { agent } = await this.#registration.send(options)
    this.#events.tell('reregistered', agent)
    return agent
  }

  /** Begins to send heartbeats by itself, until it is closed. Twice is fine. */
  startHeartbeatLoop(): void {
    this.#beats = true
    if (this.#loop || this.#closing || this.#hasLeft) return
    this.#loop = agentLoop({
      agentId: this.agentId,
      clock: this.clock,
      logger: this.logger,
      registryUrl: this.registryUrl,
      intervalSeconds: this.#agent.heartbeatIntervalSeconds,
      keepsAlive: this.#options.keepAlive ?? false,
      heartbeats: this.#heartbeats,
      registration: this.#registration,
      events: this.#events,
    })
    this.#loop.start()
  }

  /**
   * Sends one heartbeat now, with what there is to say. What does not arrive is said again with the
   * next one, and with the next registration.
   *
   * @throws ApiError `AGENT_NOT_FOUND` when the agent has to register
   * @throws TypeError when the report holds what cannot be said
   */
  async heartbeat(report: HeartbeatReport = {}, options?: CallOptions): Promise<void> {
    this.#heartbeats.say(report)
    await this.#heartbeats.send(options)
  }

  /**
   * Reports whether the agent takes work. Resolves when the report has arrived: while the registry is
   * unreachable, it is sent again with each heartbeat. Need not be awaited: the event `late` is emitted
   * when it does not arrive at once.
   *
   * @param options.timeoutMs how long to wait; default: for as long as heartbeats are sent
   * @throws ApiError when the registry refuses it; whatever went wrong, when no heartbeats are sent
   */
  setStatus(status: AgentStatus, options?: CallOptions): Promise<void> {
    const delivered = this.deliver({ status }, options)
    delivered.catch(() => undefined)
    return delivered
  }

  /**
   * Takes the agent out of the registry, and sends no heartbeats until it registers again. False: it
   * was not there.
   */
  async deregister(options?: CallOptions): Promise<boolean> {
    await this.#leave()
    return this.api.deregister(this.agentId, options)
  }

  /** Stops the heartbeats and deregisters, as well as that can be done in 2 s. Twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal Registers again, unless it has left by itself. */
  async registerIfLost(options: CallOptions): Promise<void> {
    if (!this.#hasLeft) await this.registerAgain(options)
  }

  /** @internal Somebody else sends the heartbeats. */
  keptBy(keeper: HeartbeatKeeper): void {
    this.#keeper = keeper
  }

  /** @internal Heartbeats end, and all that keeps the agent in the registry has arrived or never will. */
  async stopHeartbeats(): Promise<void> {
    this.#hasLeft = true
    const loop = this.#loop
    this.#loop = undefined
    await Promise.all([loop?.stop(), this.#keeper?.stop()])
    const registered = new AbortController()
    this.#registration.settled.then(() => registered.abort())
    await pauseFor(this.clock, GOODBYE_MS, registered.signal)
  }

  /** @internal As {@link setStatus}, for any report. */
  deliver(report: HeartbeatReport, options: CallOptions = {}): Promise<void> {
    return this.#heartbeats.deliver(report, options)
  }

  /** @internal What the agent says of itself. */
  get report(): AgentReport {
    return this.#report
  }

  /** @internal Notes what somebody else reports for the agent. */
  noteReport(report: HeartbeatReport): Delivery {
    this.#heartbeats.say(report)
    return this.#report.send()
  }

  /** @internal The report of a heartbeat that somebody else sends; undefined: none is to be sent. */
  async beginHeartbeat(): Promise<Delivery | undefined> {
    return this.#hasLeft ? undefined : this.#heartbeats.begin()
  }

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#closeOnAbort)
    await this.#leave()
    this.#events.tell('closed', { agentId: this.agentId })
    try {
      await this.api.deregister(this.agentId, { timeoutMs: GOODBYE_MS, outlivesClient: true })
    } catch (error) {
      // Its lease will lapse by itself.
      this.logger.warn(`agent ${this.agentId} could not be deregistered: ${messageOf(error)}`)
    }
  }

  async #leave(): Promise<void> {
    // A registration that is still on its way would come after the goodbye.
    await this.stopHeartbeats()
    this.#report.giveUp(new Error(`agent ${this.agentId} left before its report arrived`))
    this.#events.tell('deregistered', { agentId: this.agentId })
  }

  /** What is not known to have arrived goes with the next heartbeat. */
  get #isRepeated(): boolean {
    const isKept = this.#loop !== undefined || this.#options.heartbeatFrom === 'none'
    return isKept && !this.#hasLeft
  }

  #late(report: HeartbeatReport, error: unknown): void {
    this.#events.tell('late', { report, error })
    if (isApiError(error, 'AGENT_NOT_FOUND')) this.#loop?.hurry()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

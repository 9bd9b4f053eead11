import type { RegistrationWarning } from '@rollcall/protocol'
import { AgentGroup } from './agent/agent-group.ts'
import { type AgentInstance, describeTakeover } from './agent/agent-instance.ts'
import { type AgentParts, createAgentParts } from './agent/agent-parts.ts'
import type { AgentReport, Delivery } from './agent/agent-report.ts'
import { DEREGISTER_TIMEOUT_MS, deregister, sayGoodbye } from './agent/deregister.ts'
import type { ExternalHeartbeats } from './agent/external-heartbeats.ts'
import { OutageLog } from './agent/outage-log.ts'
import { type ClientEvents, EventEmitter } from './client-events.ts'
import { DiscoveryClient, type DiscoveryOptions } from './discovery-client.ts'
import type { ApiError } from './errors/api-error.ts'
import { joinRegistry } from './join.ts'
import type { ClientOptions, GivenCard, JoinFromCardOptions } from './options/client-options.ts'
import { type ResolvedAgent, resolveAgent } from './options/resolve-options.ts'
import type { CallOptions } from './transport/call.ts'
import type { AgentStatus, HeartbeatReport } from './transport/heartbeat-report.ts'
import type { Agent } from './transport/wire.ts'

/**
 * Keeps one agent registered until it is closed.
 *
 * ```ts
 * const agent = await AgentRegistryClient.join({ agentId: 'researcher-1', agentName: 'Researcher', port: 8000 })
 * ```
 *
 * Registers the agent, sends its heartbeats, registers it again if the registry no longer knows it,
 * and deregisters it on close. Also finds other agents: see {@link DiscoveryClient}.
 */
export class AgentRegistryClient extends DiscoveryClient implements AsyncDisposable {
  readonly #options: ClientOptions
  readonly #agent: ResolvedAgent
  readonly #events: EventEmitter<ClientEvents>
  readonly #parts: AgentParts
  #closing: Promise<void> | undefined
  readonly #closeOnAbort = (): void => void this.close()

  /**
   * Creates a client without contacting the registry; `join` also registers and sends heartbeats.
   *
   * @throws TypeError or RangeError that names the invalid option
   */
  constructor(options: ClientOptions) {
    super(options)
    this.#options = options
    this.#agent = resolveAgent(options)
    this.#events = new EventEmitter((error) => {
      this.logger.warn(`an event listener of the registry client failed: ${String(error)}`)
    })
    this.#parts = createAgentParts({
      options,
      agent: this.#agent,
      api: this.api,
      registryUrl: this.registryUrl,
      timeoutMs: this.timeoutMs,
      clock: this.clock,
      logger: this.logger,
      events: this.#events,
      superseded: (error) => this.#superseded(error),
    })
    options.signal?.addEventListener('abort', this.#closeOnAbort, { once: true })
  }

  /**
   * Registers an agent and keeps it registered. While the registry is unreachable, it retries and
   * logs the outage once.
   *
   * @throws ApiError if the registry rejects the registration; the last error if the registry stays
   *   unreachable until `joinTimeoutMs` (both without a stack trace); the abort reason of `signal`
   */
  static async join(options: ClientOptions): Promise<AgentRegistryClient> {
    const client = new AgentRegistryClient(options)
    const { agentId, registryUrl, logger } = client
    const subject = `agent ${agentId}`
    const outage = new OutageLog(logger, { subject, problem: 'cannot be registered', registryUrl })
    await joinRegistry(() => client.register(), {
      clock: client.clock,
      signal: options.signal,
      joinTimeoutMs: options.joinTimeoutMs,
      failed: (error) => {
        client.#events.emit('error', error)
        outage.failed(error)
      },
    })
    outage.succeeded()
    if (options.heartbeatFrom !== 'none') client.startHeartbeatLoop()
    return client
  }

  /**
   * Registers an agent by its card, such as an A2A agent card, and keeps it registered. Name, address,
   * version, description, capabilities (the ids of its skills) and tags are taken from an A2A card.
   *
   * @throws as {@link join}; ApiError `VALIDATION_FAILED` also if the card has no usable address and
   *   the options give none
   */
  static joinFromCard(card: GivenCard, options: JoinFromCardOptions): Promise<AgentRegistryClient> {
    return AgentRegistryClient.join({ ...options, card })
  }

  /** Creates a group of agents in this process that share one heartbeat request. */
  static group(options: DiscoveryOptions = {}): AgentGroup<AgentRegistryClient> {
    return new AgentGroup(options, (agent) => AgentRegistryClient.join(agent))
  }

  /** The `agentId` option. */
  get agentId(): string {
    return this.#agent.agentId
  }

  /** Id of this process in the registry; undefined if none is sent. See `AgentOptions`. */
  get instanceId(): string | undefined {
    return this.instance.id
  }

  /** Lease duration in seconds, as last reported by the registry. */
  get ttlSeconds(): number {
    return this.#parts.registration.ttlSeconds
  }

  /** Warnings returned with the last registration; see the event `warning`. */
  get warnings(): readonly RegistrationWarning[] {
    return this.#parts.registration.warnings
  }

  /** Subscribes to an event of the agent. Returns a function that unsubscribes. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (payload: ClientEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Registers the agent, or registers it again, and takes over from another instance. Resumes
   * heartbeats stopped by `deregister` or another instance.
   */
  async register(options?: CallOptions): Promise<Agent> {
    this.#parts.sender.hasLeft = false
    const { agent } = await this.#parts.registration.send(options)
    this.#events.emit('registered', agent)
    if (!this.#closing) this.#parts.sender.resume()
    return agent
  }

  /** Registers an agent that the registry no longer knows. Emits `lost`, then `reregistered`. */
  async registerAgain(options?: CallOptions): Promise<Agent> {
    this.#events.emit('lost', { agentId: this.agentId })
    const { agent } = await this.#parts.registration.send(options)
    this.#events.emit('reregistered', agent)
    return agent
  }

  /** Starts sending heartbeats in the background until the agent leaves. Idempotent. */
  startHeartbeatLoop(): void {
    if (!this.#closing) this.#parts.sender.startLoop()
  }

  /**
   * Sends one heartbeat now, with an optional report. A report that does not arrive is sent again
   * with the next heartbeat and the next registration.
   *
   * @throws ApiError `AGENT_NOT_FOUND` if the agent has to register again
   * @throws TypeError if a value in the report is invalid
   */
  async heartbeat(report: HeartbeatReport = {}, options?: CallOptions): Promise<void> {
    this.#parts.heartbeats.record(report)
    await this.#parts.heartbeats.send(options)
  }

  /**
   * Reports whether the agent accepts work. Resolves when the report has arrived: while the
   * registry is unreachable, it is sent again with each heartbeat. May be left unawaited: the event
   * `late` is emitted if the first attempt fails.
   *
   * @param options.timeoutMs milliseconds to wait; default: as long as heartbeats are sent
   * @throws ApiError if the registry rejects it; without heartbeats, the error of the first attempt
   */
  setStatus(status: AgentStatus, options?: CallOptions): Promise<void> {
    const delivered = this.deliver({ status }, options)
    delivered.catch(() => undefined)
    return delivered
  }

  /**
   * Deregisters the agent and stops its heartbeats until it registers again. Returns false if it
   * was not registered, or another instance has taken over.
   */
  async deregister(options?: CallOptions): Promise<boolean> {
    await this.#leave()
    return deregister(this, options)
  }

  /**
   * Stops the heartbeats and deregisters on a best-effort basis, within 2 s each. Does not deregister
   * an agent that another instance has taken over. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal Ends the heartbeats without deregistering: the lease lapses. */
  closeSilently(): Promise<void> {
    this.#closing ??= this.#leaveForGood()
    return this.#closing
  }

  /** @internal The group closes the agent when its signal is aborted: all at once would be too many. */
  closesWithGroup(): void {
    this.#options.signal?.removeEventListener('abort', this.#closeOnAbort)
  }

  /** @internal Registers again, unless the agent has left on its own or is superseded. */
  async registerIfLost(options: CallOptions): Promise<void> {
    if (!this.#parts.sender.isAway) await this.registerAgain(options)
  }

  /**
   * @internal Finds out with a heartbeat whether another instance has taken over, as another sender
   * was told: it may have been before this one registered again.
   */
  async confirmSuperseded(options: CallOptions = {}): Promise<void> {
    if (this.#parts.sender.isAway) return
    await this.#parts.heartbeats.send(options).catch(() => undefined)
    this.#parts.sender.resume()
  }

  /** @internal Delegates the heartbeats to another sender, such as a worker thread. */
  delegateHeartbeats(sender: ExternalHeartbeats): void {
    this.#parts.sender.external = sender
  }

  /** @internal Stops the heartbeats and waits for registrations in flight. */
  async stopHeartbeats(): Promise<void> {
    this.#parts.sender.hasLeft = true
    await this.#parts.sender.stop()
    await this.#parts.registration.settle(DEREGISTER_TIMEOUT_MS)
  }

  /** @internal Like {@link setStatus}, for any report. */
  deliver(report: HeartbeatReport, options: CallOptions = {}): Promise<void> {
    return this.#parts.heartbeats.deliver(report, options)
  }

  /** @internal The process that registers the agent. */
  get instance(): AgentInstance {
    return this.#parts.instance
  }

  /** @internal The status and load that the agent reports. */
  get report(): AgentReport {
    return this.#parts.report
  }

  /** @internal Records a report that another sender delivers for the agent. */
  recordReport(report: HeartbeatReport): Delivery {
    this.#parts.heartbeats.record(report)
    return this.#parts.report.send()
  }

  /** @internal Starts a heartbeat that another sender delivers. Returns undefined to skip it. */
  async beginHeartbeat(): Promise<Delivery | undefined> {
    return this.#parts.sender.isAway ? undefined : this.#parts.heartbeats.begin()
  }

  async #close(): Promise<void> {
    await this.#leaveForGood()
    await sayGoodbye(this, this.logger)
  }

  async #leaveForGood(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#closeOnAbort)
    await this.#leave()
    this.#events.emit('closed', { agentId: this.agentId })
  }

  async #leave(): Promise<void> {
    // A registration still in flight could arrive after the deregistration.
    await this.stopHeartbeats()
    this.#parts.report.abandon(new Error(`agent ${this.agentId} left before its report arrived`))
    if (!this.instance.isSuperseded) this.#events.emit('deregistered', { agentId: this.agentId })
  }

  #superseded(error: ApiError): void {
    const { agentId } = this
    const { incarnation } = error
    // Not awaited: the loop may be waiting for this call.
    void this.#parts.sender.stop()
    this.#parts.report.abandon(error)
    // On close, it is how the previous process of an agent ends; a worker thread logs it itself.
    if (!this.#closing && !this.#parts.sender.external) {
      this.logger.warn(describeTakeover(agentId, incarnation))
    }
    this.#events.emit('superseded', { agentId, incarnation })
  }
}

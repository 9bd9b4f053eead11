import type { RegistrationWarning } from '@rollcall/protocol'
import { AgentGroup } from './agent/agent-group.ts'
import { AgentHeartbeats } from './agent/agent-heartbeats.ts'
import { createAgentLoop } from './agent/agent-loop.ts'
import { AgentRegistration } from './agent/agent-registration.ts'
import { AgentReport, type Delivery } from './agent/agent-report.ts'
import type { ExternalHeartbeats } from './agent/external-heartbeats.ts'
import type { HeartbeatLoop } from './agent/heartbeat-loop.ts'
import { OutageLog } from './agent/outage-log.ts'
import { type ClientEvents, EventEmitter } from './client-events.ts'
import { DiscoveryClient, type DiscoveryOptions } from './discovery-client.ts'
import { isApiError } from './errors/api-error.ts'
import { joinRegistry } from './join.ts'
import type { JoinOptions } from './options/client-options.ts'
import { type ResolvedAgent, resolveAgent } from './options/resolve-options.ts'
import type { CallOptions } from './transport/call.ts'
import type { AgentStatus, HeartbeatReport } from './transport/heartbeat-report.ts'
import { sleep } from './transport/sleep.ts'
import type { Agent } from './transport/wire.ts'

/** Timeout for deregistering on close, in milliseconds: short, to not delay a shutdown. */
const DEREGISTER_TIMEOUT_MS = 2000

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
  readonly #options: JoinOptions
  readonly #agent: ResolvedAgent
  readonly #events: EventEmitter<ClientEvents>
  readonly #report: AgentReport
  readonly #registration: AgentRegistration
  readonly #heartbeats: AgentHeartbeats
  #externalHeartbeats: ExternalHeartbeats | undefined
  #loop: HeartbeatLoop | undefined
  /** Whether the loop runs while the agent is registered. */
  #isLoopEnabled = false
  #hasLeft = false
  #closing: Promise<void> | undefined
  readonly #closeOnAbort = (): void => void this.close()

  /**
   * Creates a client without contacting the registry; `join` also registers and sends heartbeats.
   *
   * @throws TypeError or RangeError that names the invalid option
   */
  constructor(options: JoinOptions) {
    super(options)
    this.#options = options
    this.#agent = resolveAgent(options)
    this.#events = new EventEmitter((error) => {
      this.logger.warn(`an event listener of the registry client failed: ${String(error)}`)
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
        this.#events.emit('warning', warning)
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
      willRetry: () => this.#willRetry,
      late: (report, error) => this.#late(report, error),
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
  static async join(options: JoinOptions): Promise<AgentRegistryClient> {
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

  /** Creates a group of agents in this process that share one heartbeat request. */
  static group(options: DiscoveryOptions = {}): AgentGroup<AgentRegistryClient> {
    return new AgentGroup(options, (agent) => AgentRegistryClient.join(agent))
  }

  /** The `agentId` option. */
  get agentId(): string {
    return this.#agent.agentId
  }

  /** Lease duration in seconds, as last reported by the registry. */
  get ttlSeconds(): number {
    return this.#registration.ttlSeconds
  }

  /** Warnings returned with the last registration; see the event `warning`. */
  get warnings(): readonly RegistrationWarning[] {
    return this.#registration.warnings
  }

  /** Subscribes to an event of the agent. Returns a function that unsubscribes. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (payload: ClientEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** Registers the agent, or registers it again. Resumes heartbeats stopped by `deregister`. */
  async register(options?: CallOptions): Promise<Agent> {
    this.#hasLeft = false
    const { agent } = await this.#registration.send(options)
    this.#events.emit('registered', agent)
    if (this.#isLoopEnabled) this.startHeartbeatLoop()
    this.#externalHeartbeats?.start()
    return agent
  }

  /** Registers an agent that the registry no longer knows. Emits `lost`, then `reregistered`. */
  async registerAgain(options?: CallOptions): Promise<Agent> {
    this.#events.emit('lost', { agentId: this.agentId })
    const { agent } = await this.#registration.send(options)
    this.#events.emit('reregistered', agent)
    return agent
  }

  /** Starts sending heartbeats in the background until the agent leaves. Idempotent. */
  startHeartbeatLoop(): void {
    this.#isLoopEnabled = true
    if (this.#loop || this.#closing || this.#hasLeft) return
    this.#loop = createAgentLoop({
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
   * Sends one heartbeat now, with an optional report. A report that does not arrive is sent again
   * with the next heartbeat and the next registration.
   *
   * @throws ApiError `AGENT_NOT_FOUND` if the agent has to register again
   * @throws TypeError if a value in the report is invalid
   */
  async heartbeat(report: HeartbeatReport = {}, options?: CallOptions): Promise<void> {
    this.#heartbeats.record(report)
    await this.#heartbeats.send(options)
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
   * was not registered.
   */
  async deregister(options?: CallOptions): Promise<boolean> {
    await this.#leave()
    return this.api.deregister(this.agentId, options)
  }

  /** Stops the heartbeats and deregisters on a best-effort basis, within 2 s each. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal Registers again, unless the agent has left on its own. */
  async registerIfLost(options: CallOptions): Promise<void> {
    if (!this.#hasLeft) await this.registerAgain(options)
  }

  /** @internal Delegates the heartbeats to another sender, such as a worker thread. */
  delegateHeartbeats(sender: ExternalHeartbeats): void {
    this.#externalHeartbeats = sender
  }

  /** @internal Stops the heartbeats and waits for registrations in flight. */
  async stopHeartbeats(): Promise<void> {
    this.#hasLeft = true
    const loop = this.#loop
    this.#loop = undefined
    await Promise.all([loop?.stop(), this.#externalHeartbeats?.stop()])
    const registered = new AbortController()
    void this.#registration.settled.then(() => registered.abort())
    await sleep(this.clock, DEREGISTER_TIMEOUT_MS, registered.signal)
  }

  /** @internal Like {@link setStatus}, for any report. */
  deliver(report: HeartbeatReport, options: CallOptions = {}): Promise<void> {
    return this.#heartbeats.deliver(report, options)
  }

  /** @internal The status and load that the agent reports. */
  get report(): AgentReport {
    return this.#report
  }

  /** @internal Records a report that another sender delivers for the agent. */
  recordReport(report: HeartbeatReport): Delivery {
    this.#heartbeats.record(report)
    return this.#report.send()
  }

  /** @internal Starts a heartbeat that another sender delivers. Returns undefined to skip it. */
  async beginHeartbeat(): Promise<Delivery | undefined> {
    return this.#hasLeft ? undefined : this.#heartbeats.begin()
  }

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#closeOnAbort)
    await this.#leave()
    this.#events.emit('closed', { agentId: this.agentId })
    try {
      await this.api.deregister(this.agentId, {
        timeoutMs: DEREGISTER_TIMEOUT_MS,
        outlivesClient: true,
      })
    } catch (error) {
      // The lease will lapse on its own.
      const reason = error instanceof Error ? error.message : String(error)
      this.logger.warn(`agent ${this.agentId} could not be deregistered: ${reason}`)
    }
  }

  async #leave(): Promise<void> {
    // A registration still in flight could arrive after the deregistration.
    await this.stopHeartbeats()
    this.#report.abandon(new Error(`agent ${this.agentId} left before its report arrived`))
    this.#events.emit('deregistered', { agentId: this.agentId })
  }

  /** Whether another heartbeat follows, which repeats what has not arrived. */
  get #willRetry(): boolean {
    const hasSender = this.#loop !== undefined || this.#options.heartbeatFrom === 'none'
    return hasSender && !this.#hasLeft
  }

  #late(report: HeartbeatReport, error: unknown): void {
    this.#events.emit('late', { report, error })
    if (isApiError(error, 'AGENT_NOT_FOUND')) this.#loop?.sendNow()
  }
}

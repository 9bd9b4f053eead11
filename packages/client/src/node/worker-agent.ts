import { describeTakeover } from '../agent/agent-instance.ts'
import { isRejectedReport } from '../agent/agent-report.ts'
import { OutageLog } from '../agent/outage-log.ts'
import { AgentRegistryClient } from '../agent-registry-client.ts'
import { type ClientEvents, EventEmitter } from '../client-events.ts'
import { type ClientLogger, resolveLogger } from '../client-logger.ts'
import type { JoinOptions } from '../options/client-options.ts'
import type { AgentStatus, HeartbeatReport } from '../transport/heartbeat-report.ts'
import { HeartbeatWorker } from './heartbeat-worker.ts'
import type { ClientTlsFiles } from './tls-agents.ts'
import { withFetch } from './with-fetch.ts'

/**
 * Options of {@link joinFromWorker}: those of `join` that can be cloned to another thread, so no
 * functions. There is no `check`, since it would have to run in the busy thread.
 */
export type WorkerAgentOptions = Omit<
  JoinOptions,
  'fetch' | 'clock' | 'heartbeatFrom' | 'check' | 'whenCheckFails' | 'token' | 'headers'
> & {
  /** Sent as `authorization: Bearer`. */
  readonly token?: string | undefined
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Files for TLS; see {@link httpFetch}. Default: the `fetch` of Node. */
  readonly tls?: ClientTlsFiles | undefined
}

/**
 * Joins like `AgentRegistryClient.join`, but sends the heartbeats from a worker thread: an agent
 * that blocks its event loop for a minute keeps its lease.
 *
 * @throws as `AgentRegistryClient.join`; TypeError for an option that cannot be cloned; Error with
 *   instructions if the thread cannot be started, as in a bundle
 */
export async function joinFromWorker(options: WorkerAgentOptions): Promise<WorkerAgent> {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'function') continue
    throw new TypeError(`${name} is a function; joinFromWorker cannot pass functions to its thread`)
  }
  const worker = await HeartbeatWorker.start()
  try {
    const client = await AgentRegistryClient.join({ ...withFetch(options), heartbeatFrom: 'none' })
    return new WorkerAgent(client, worker, options)
  } catch (error) {
    await worker.terminate()
    throw error
  }
}

/** An agent whose heartbeats are sent from a worker thread. */
export class WorkerAgent implements AsyncDisposable {
  /** The client of the agent, to query the registry and to deregister early. */
  readonly client: AgentRegistryClient
  readonly #worker: HeartbeatWorker
  readonly #options: WorkerAgentOptions
  readonly #events: EventEmitter<ClientEvents>
  #hasBegun = false
  /** Whether the thread has exited, and the client sends the heartbeats itself. */
  #hasFallenBack = false

  /** @internal Use {@link joinFromWorker}. */
  constructor(client: AgentRegistryClient, worker: HeartbeatWorker, options: WorkerAgentOptions) {
    this.client = client
    this.#worker = worker
    this.#options = options
    const { logger } = options
    this.#events = new EventEmitter((error) => {
      resolveLogger(logger).warn(
        `an event listener of the registry client failed: ${String(error)}`,
      )
    })
    if (logger) this.#logTo(logger)
    worker.onEvent = ({ name, payload }) => {
      if (name === 'superseded') this.#threadSuperseded()
      else this.#events.emit(name, payload)
    }
    // Fall back to heartbeats from this thread.
    worker.onExit = () => {
      this.#hasFallenBack = true
      client.startHeartbeatLoop()
    }
    client.delegateHeartbeats({ start: () => this.#begin(), stop: () => this.#stop() })
    for (const name of ['deregistered', 'superseded', 'closed'] as const) {
      client.on(name, (payload) => this.#events.emit(name, payload))
    }
    this.#begin()
  }

  /** The `agentId` option. */
  get agentId(): string {
    return this.client.agentId
  }

  /** Subscribes to an event of the agent. Returns a function that unsubscribes. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (payload: ClientEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** Sends one heartbeat now, with an optional report; see `AgentRegistryClient.heartbeat`. */
  heartbeat(report: HeartbeatReport = {}): Promise<void> {
    return this.#report(report, { repeats: false })
  }

  /** Reports whether the agent accepts work; see `AgentRegistryClient.setStatus`. */
  setStatus(status: AgentStatus): Promise<void> {
    const delivered = this.#report({ status }, { repeats: true })
    delivered.catch(() => undefined)
    return delivered
  }

  /**
   * Deregisters on a best-effort basis, like `AgentRegistryClient.close`, and ends the thread.
   * Idempotent.
   */
  async close(): Promise<void> {
    await this.client.close()
    await this.#worker.terminate()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    const { logger, signal, keepAlive, ...rest } = this.#options
    // A logger cannot be cloned; without one, the thread writes its warnings itself.
    const thread = { ...rest, logger: logger === undefined ? undefined : null }
    this.#worker.begin(
      {
        ...thread,
        ...this.client.report.last,
        registryUrl: this.client.registryUrl,
        // The thread has a module of its own, and would be another instance.
        instanceId: this.client.instanceId ?? null,
      },
      keepAlive ?? false,
    )
  }

  /** The thread has stopped. The client, which knows of later registrations, finds out for itself. */
  #threadSuperseded(): void {
    this.#hasBegun = false
    void this.client.confirmSuperseded()
  }

  async #stop(): Promise<void> {
    this.#hasBegun = false
    if (!this.#hasFallenBack) await this.#worker.stop()
  }

  async #report(report: HeartbeatReport, options: { repeats: boolean }): Promise<void> {
    if (!this.#hasFallenBack) {
      // The client needs it as well: to register again, and to take over if the thread exits.
      const { end } = this.client.recordReport(report)
      try {
        await this.#worker.report(report, options)
        end(true)
        return
      } catch (error) {
        end(false)
        if (isRejectedReport(error)) this.client.report.rollBack(error)
        if (!this.#hasFallenBack) throw error
      }
    }
    await (options.repeats ? this.client.deliver(report) : this.client.heartbeat(report))
  }

  #logTo(logger: ClientLogger): void {
    const { agentId, registryUrl } = this.client
    const outage = new OutageLog(logger, {
      subject: `agent ${agentId}`,
      problem: 'cannot send heartbeats',
      registryUrl,
    })
    this.on('error', (error) => outage.failed(error))
    this.on('recovered', () => outage.succeeded())
    this.on('superseded', (it) => logger.warn(describeTakeover(it.agentId, it.incarnation)))
  }
}

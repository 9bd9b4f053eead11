import { isRefusedReport } from '../agent/agent-report.ts'
import { OutageLog } from '../agent/outage-log.ts'
import { AgentRegistryClient } from '../agent-registry-client.ts'
import { type ClientEvents, EventEmitter } from '../client-events.ts'
import { type ClientLogger, resolveLogger } from '../client-logger.ts'
import type { JoinOptions } from '../options/client-options.ts'
import type { AgentStatus, HeartbeatReport } from '../transport/heartbeat-report.ts'
import { HeartbeatWorker } from './heartbeat-worker.ts'

/**
 * What can be sent to another thread: values, no functions. A `check` would have to run where the
 * agent is busy.
 */
export type WorkerAgentOptions = Omit<
  JoinOptions,
  'fetch' | 'clock' | 'heartbeatFrom' | 'check' | 'whenCheckFails' | 'token' | 'headers'
> & {
  /** Sent as `authorization: Bearer`. */
  readonly token?: string | undefined
  /** Sent with each call. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * Joins as `AgentRegistryClient.join` does, but sends the heartbeats from a worker thread: an agent
 * that is busy with a minute of synchronous work is silent, not dead, and stays in the list.
 *
 * @throws as `AgentRegistryClient.join`; TypeError for an option that no other thread can have; Error
 *   when the thread cannot be started, as in a bundle, with what to do
 */
export async function joinFromWorker(options: WorkerAgentOptions): Promise<WorkerAgent> {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'function') continue
    throw new TypeError(
      `${name} is a function; joinFromWorker takes none: its thread has another memory`,
    )
  }
  const worker = await HeartbeatWorker.start()
  try {
    const client = await AgentRegistryClient.join({ ...options, heartbeatFrom: 'none' })
    return new WorkerAgent(client, worker, options)
  } catch (error) {
    await worker.terminate()
    throw error
  }
}

/** An agent whose heartbeats come from a worker thread. */
export class WorkerAgent implements AsyncDisposable {
  /** To ask the registry, and to deregister early. */
  readonly client: AgentRegistryClient
  readonly #worker: HeartbeatWorker
  readonly #options: WorkerAgentOptions
  readonly #events: EventEmitter<ClientEvents>
  #isBeating = false
  /** The thread is gone, and the client sends the heartbeats. */
  #isAlone = false

  /** @internal Use {@link joinFromWorker}. */
  constructor(client: AgentRegistryClient, worker: HeartbeatWorker, options: WorkerAgentOptions) {
    this.client = client
    this.#worker = worker
    this.#options = options
    const { logger } = options
    this.#events = new EventEmitter((error) => {
      resolveLogger(logger).warn(`a listener of the registry client failed: ${String(error)}`)
    })
    if (logger) this.#logTo(logger)
    worker.onEvent = ({ name, payload }) => this.#events.tell(name, payload)
    // Whatever ended the thread: heartbeats from here are better than none.
    worker.onExit = () => {
      this.#isAlone = true
      client.startHeartbeatLoop()
    }
    client.keptBy({ start: () => this.#begin(), stop: () => this.#stop() })
    for (const name of ['deregistered', 'closed'] as const) {
      client.on(name, (payload) => this.#events.tell(name, payload))
    }
    this.#begin()
  }

  /** As it was given. */
  get agentId(): string {
    return this.client.agentId
  }

  /** Calls back when something happens in the life of the agent. Returns what ends that. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (event: ClientEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** Sends one heartbeat now, with what there is to say; as `AgentRegistryClient.heartbeat`. */
  heartbeat(report: HeartbeatReport = {}): Promise<void> {
    return this.#report(report, { repeats: false })
  }

  /** Reports whether the agent takes work; as `AgentRegistryClient.setStatus`. */
  setStatus(status: AgentStatus): Promise<void> {
    const delivered = this.#report({ status }, { repeats: true })
    delivered.catch(() => undefined)
    return delivered
  }

  /** Ends the thread and deregisters, as well as that can be done in 2 s. Twice is fine. */
  async close(): Promise<void> {
    await this.client.close()
    await this.#worker.terminate()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #begin(): void {
    if (this.#isBeating) return
    this.#isBeating = true
    const { logger, signal, keepAlive, ...rest } = this.#options
    // A logger cannot be sent; without one, the thread writes its warnings itself.
    const thread = { ...rest, logger: logger === undefined ? undefined : null }
    this.#worker.begin(
      { ...thread, ...this.client.report.last, registryUrl: this.client.registryUrl },
      keepAlive ?? false,
    )
  }

  async #stop(): Promise<void> {
    this.#isBeating = false
    if (!this.#isAlone) await this.#worker.stop()
  }

  async #report(report: HeartbeatReport, options: { repeats: boolean }): Promise<void> {
    if (!this.#isAlone) {
      // The client has to know, too: it registers again, and beats when the thread is gone.
      const { end } = this.client.noteReport(report)
      try {
        await this.#worker.report(report, options)
        end(true)
        return
      } catch (error) {
        end(false)
        if (isRefusedReport(error)) this.client.report.retract(error)
        if (!this.#isAlone) throw error
      }
    }
    await (options.repeats ? this.client.deliver(report) : this.client.heartbeat(report))
  }

  #logTo(logger: ClientLogger): void {
    const { agentId, registryUrl } = this.client
    const outage = new OutageLog(logger, {
      who: `agent ${agentId}`,
      what: 'cannot send heartbeats',
      registryUrl,
    })
    this.on('error', (error) => outage.failed(error))
    this.on('recovered', () => outage.succeeded())
  }
}

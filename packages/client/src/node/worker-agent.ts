import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { AgentRegistryClient, type JoinOptions } from '../agent-registry-client.ts'
import { type ClientEvents, EventTeller } from '../client-events.ts'
import { type ClientLogger, resolveLogger } from '../client-logger.ts'
import { OutageLog } from '../outage-log.ts'
import type { HeartbeatReport } from '../registry-api.ts'

/** What can be sent to another thread. */
export type WorkerAgentOptions = Omit<JoinOptions, 'fetch' | 'clock' | 'heartbeatFrom'>

/** What the worker tells of. */
type FromWorker = {
  [Name in keyof ClientEvents]: { readonly name: Name; readonly payload: ClientEvents[Name] }
}[keyof ClientEvents]

/** What the thread is started with. */
export interface HeartbeatThreadData {
  readonly join: Omit<WorkerAgentOptions, 'logger' | 'signal'> & {
    readonly logger?: null | undefined
  }
  /** Takes what the agent reports, and sends what happens to it. */
  readonly port: MessagePort
}

/**
 * Joins as `AgentRegistryClient.join` does, but sends the heartbeats from a worker thread: an agent
 * that is busy with a minute of synchronous work is silent, not dead, and stays in the list.
 *
 * @throws as `AgentRegistryClient.join`
 */
export async function joinFromWorker(options: WorkerAgentOptions): Promise<WorkerAgent> {
  const client = await AgentRegistryClient.join({ ...options, heartbeatFrom: 'none' })
  return new WorkerAgent(client, options)
}

/** An agent whose heartbeats come from a worker thread. */
export class WorkerAgent implements AsyncDisposable {
  /** To ask the registry, and to deregister early. */
  readonly client: AgentRegistryClient
  readonly #worker: Worker
  /** Not the channel of the worker itself: there, Node's watch mode sends messages of its own. */
  readonly #port: MessagePort
  readonly #events: EventTeller<ClientEvents>
  #isClosed = false

  /** @internal Use {@link joinFromWorker}. */
  constructor(client: AgentRegistryClient, options: WorkerAgentOptions) {
    this.client = client
    const { logger, signal, ...rest } = options
    this.#events = new EventTeller((error) => {
      resolveLogger(logger).warn(`a listener of the registry client failed: ${String(error)}`)
    })
    if (logger) this.#logTo(logger)
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const thread = new URL(`./heartbeat-thread.${extension}`, import.meta.url)
    const { port1, port2 } = new MessageChannel()
    const workerData: HeartbeatThreadData = {
      // A logger cannot be sent; without one, the thread writes its warnings itself.
      join: {
        ...rest,
        logger: logger === undefined ? undefined : null,
        registryUrl: client.registryUrl,
      },
      port: port2,
    }
    this.#port = port1
    this.#worker = new Worker(thread, {
      workerData,
      transferList: [port2],
      // What a program given on the command line is written in is not what the thread is.
      execArgv: process.execArgv.filter((argument) => !argument.startsWith('--input-type')),
    })
    this.#port.on('message', ({ name, payload }: FromWorker) => this.#events.tell(name, payload))
    // What keeps the process running is the worker, if anything.
    this.#port.unref()
    if (!options.keepAlive) this.#worker.unref()
    this.#worker.on('error', (error) => this.#events.tell('error', error))
    // Whatever ended the thread: heartbeats from here are better than none.
    this.#worker.on('exit', () => {
      if (!this.#isClosed) client.startHeartbeatLoop()
    })
    signal?.addEventListener('abort', () => this.close(), { once: true })
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

  /** Sends one heartbeat now, with what there is to say. */
  async heartbeat(report: HeartbeatReport = {}): Promise<void> {
    // The worker has to know, too, for when it registers the agent again.
    this.#port.postMessage(report)
    await this.client.heartbeat(report)
  }

  /** Tells everybody whether the agent takes work. */
  setStatus(status: 'ready' | 'busy' | 'draining'): Promise<void> {
    return this.heartbeat({ status })
  }

  /** Ends the thread and deregisters, as well as that can be done in 2 s. Twice is fine. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#worker.terminate()
    await this.client.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

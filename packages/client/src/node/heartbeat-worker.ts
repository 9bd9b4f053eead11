import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { HeartbeatReport } from '../transport/heartbeat-report.ts'
import {
  type FromThread,
  fromPort,
  type ThreadEvent,
  type ThreadOptions,
  type ToThread,
} from './thread-messages.ts'

/** A report that the thread has not said the end of yet. */
interface Pending {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A thread that sends heartbeats, seen from the thread of its agent. */
export class HeartbeatWorker {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #pending = new Map<number, Pending>()
  #reports = 0
  #hasStopped: () => void = () => undefined
  /** Called with what happens to the agent in the thread. */
  onEvent: (event: ThreadEvent) => void = () => undefined
  /** Called when the thread ended without being asked to. */
  onExit: () => void = () => undefined

  private constructor(worker: Worker, port: MessagePort) {
    this.#worker = worker
    this.#port = port
    port.on('message', (message: FromThread) => this.#take(message))
    worker.on('error', (payload) => this.onEvent({ name: 'error', payload }))
    worker.on('exit', () => {
      this.#hasStopped()
      const gone = new Error('the thread that sends the heartbeats has ended')
      for (const { reject } of this.#pending.values()) reject(gone)
      this.#pending.clear()
      this.onExit()
    })
  }

  /**
   * Starts the thread; resolves when it runs.
   *
   * @throws Error with the remedy when its file is not where it should be, as in a bundle
   */
  static async start(): Promise<HeartbeatWorker> {
    try {
      return await started()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause)
      throw new Error(
        `joinFromWorker cannot start its thread: ${reason}. In a bundle, leave @rollcall/client ` +
          'outside (esbuild: --external:@rollcall/client; webpack: externals; Rollup: external; ' +
          'Vite: ssr.external), or use AgentRegistryClient.join',
        { cause },
      )
    }
  }

  /** @internal Use {@link start}. */
  static over(worker: Worker, port: MessagePort): HeartbeatWorker {
    return new HeartbeatWorker(worker, port)
  }

  /** The thread sends heartbeats from now on; `keepsAlive`: they alone keep the process running. */
  begin(options: ThreadOptions, keepsAlive: boolean): void {
    // What keeps the process running is the worker, if anything.
    this.#port.unref()
    if (!keepsAlive) this.#worker.unref()
    this.#send({ kind: 'begin', options })
  }

  /** Sends a report with a heartbeat, once or until it arrives. */
  report(report: HeartbeatReport, { repeats }: { repeats: boolean }): Promise<void> {
    const id = ++this.#reports
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#send({ kind: 'report', id, report, repeats })
    })
  }

  /** Resolves when no heartbeat is sent any more. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#hasStopped = resolve
      this.#port.ref()
      this.#send({ kind: 'stop' })
    })
  }

  /** Ends the thread, whatever it does. */
  async terminate(): Promise<void> {
    this.onExit = () => undefined
    await this.#worker.terminate()
  }

  #take(message: FromThread): void {
    switch (message.kind) {
      case 'event':
        this.onEvent(message.event)
        return
      case 'reported': {
        const { id, error } = message
        const pending = this.#pending.get(id)
        this.#pending.delete(id)
        if (error) pending?.reject(fromPort(error))
        else pending?.resolve()
        return
      }
      case 'stopped':
        this.#port.unref()
        this.#hasStopped()
    }
  }

  #send(message: ToThread): void {
    this.#port.postMessage(message)
  }
}

function started(): Promise<HeartbeatWorker> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const file = new URL(`./heartbeat-thread.${extension}`, import.meta.url)
  // Not the channel of the worker itself: there, Node's watch mode sends messages of its own.
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(file, {
    workerData: { port: port2 },
    transferList: [port2],
    // What a program given on the command line is written in is not what the thread is.
    execArgv: process.execArgv.filter((argument) => !argument.startsWith('--input-type')),
  })
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('it ended at once')))
    port1.once('message', () => {
      worker.removeAllListeners()
      resolve(HeartbeatWorker.over(worker, port1))
    })
  })
}

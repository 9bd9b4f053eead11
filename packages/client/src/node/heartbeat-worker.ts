import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { HeartbeatReport } from '../transport/heartbeat-report.ts'
import {
  type FromThread,
  fromPort,
  type ThreadEvent,
  type ThreadOptions,
  type ToThread,
} from './thread-messages.ts'

/** A report that the thread has not acknowledged yet. */
interface Pending {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Controls the thread that sends the heartbeats, from the thread of the agent. */
export class HeartbeatWorker {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #pending = new Map<number, Pending>()
  #reports = 0
  #hasStopped: () => void = () => undefined
  /** Called with each event of the client in the thread. */
  onEvent: (event: ThreadEvent) => void = () => undefined
  /** Called when the thread exited unexpectedly. */
  onExit: () => void = () => undefined

  private constructor(worker: Worker, port: MessagePort) {
    this.#worker = worker
    this.#port = port
    port.on('message', (message: FromThread) => this.#handle(message))
    worker.on('error', (payload) => this.onEvent({ name: 'error', payload }))
    worker.on('exit', () => {
      this.#hasStopped()
      const exited = new Error('the thread that sends the heartbeats has exited')
      for (const { reject } of this.#pending.values()) reject(exited)
      this.#pending.clear()
      this.onExit()
    })
  }

  /**
   * Starts the thread; resolves when it is running.
   *
   * @throws Error with instructions if the file of the thread is missing, as in a bundle
   */
  static async start(): Promise<HeartbeatWorker> {
    try {
      return await startWorker()
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

  /** Starts the heartbeats. With `keepsAlive` they keep the process running. */
  begin(options: ThreadOptions, keepsAlive: boolean): void {
    // Only the worker may keep the process running, not the port.
    this.#port.unref()
    if (!keepsAlive) this.#worker.unref()
    this.#send({ kind: 'begin', options })
  }

  /** Sends a report with a heartbeat, once or repeatedly until it arrives. */
  report(report: HeartbeatReport, { repeats }: { repeats: boolean }): Promise<void> {
    const id = ++this.#reports
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#send({ kind: 'report', id, report, repeats })
    })
  }

  /** Stops the heartbeats; resolves when none is in flight. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#hasStopped = resolve
      this.#port.ref()
      this.#send({ kind: 'stop' })
    })
  }

  /** Terminates the thread. */
  async terminate(): Promise<void> {
    this.onExit = () => undefined
    await this.#worker.terminate()
  }

  #handle(message: FromThread): void {
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

function startWorker(): Promise<HeartbeatWorker> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const file = new URL(`./heartbeat-thread.${extension}`, import.meta.url)
  // Not the channel of the worker itself: Node's watch mode sends its own messages there.
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(file, {
    workerData: { port: port2 },
    transferList: [port2],
    // `--input-type` applies to a program given on the command line, not to the file of the thread.
    execArgv: process.execArgv.filter((argument) => !argument.startsWith('--input-type')),
  })
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('it exited immediately')))
    port1.once('message', () => {
      worker.removeAllListeners()
      resolve(HeartbeatWorker.over(worker, port1))
    })
  })
}

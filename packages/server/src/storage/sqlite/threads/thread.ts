import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { ThreadData, ThreadResponse, ThreadValue } from './messages.ts'

/** The outcome of a request. */
export type Outcome =
  | ThreadResponse
  /** The thread ended before it responded: the request may or may not have been executed. */
  | { readonly ok: false; readonly message: string; readonly hasEnded: true }

/** The main-thread side of a file thread: sends requests, and returns responses in the same order. */
export class SqliteThread<Request> {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #waiting: ((outcome: Outcome) => void)[] = []
  #ended: string | undefined

  /** @param port this end of a channel that only the thread and this class use */
  private constructor(worker: Worker, port: MessagePort) {
    this.#worker = worker
    this.#port = port
    port.on('message', (responses: readonly ThreadResponse[]) => this.#settle(responses))
    worker.on('error', (error) => this.#end(String(error)))
    worker.on('exit', () => this.#end('it exited'))
  }

  /**
   * Starts a thread and waits until it has opened the file.
   *
   * @param name name of the thread's module, such as `writer-thread`
   * @throws RegistryError `STORAGE_UNUSABLE` that names the file and explains what to do
   */
  static async start<Request>(
    name: string,
    options: unknown,
  ): Promise<{ thread: SqliteThread<Request>; value: ThreadValue }> {
    // When Node runs the TypeScript sources this file is `.ts`; in the published package it is `.js`.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const file = new URL(`./${name}.${extension}`, import.meta.url)
    // Not the worker's own channel: Node's watch mode sends messages on that.
    const { port1, port2 } = new MessageChannel()
    const workerData: ThreadData<unknown> = { options, port: port2 }
    const worker = new Worker(file, { workerData, transferList: [port2] })
    const thread = new SqliteThread<Request>(worker, port1)
    const first = await thread.#next()
    if (!first.ok) throw new RegistryError('STORAGE_UNUSABLE', first.message)
    return { thread, value: first.value ?? {} }
  }

  /** Why the thread ended; undefined while it runs. */
  get ended(): string | undefined {
    return this.#ended
  }

  /** Sends a request. Never rejects. */
  send(request: Request): Promise<Outcome> {
    const outcome = this.#next()
    if (this.#ended === undefined) this.#port.postMessage(request)
    return outcome
  }

  /** Sends a request after which the thread ends, and waits until it has ended. */
  async finish(request: Request): Promise<Outcome> {
    const exit = new Promise((resolve) => this.#worker.once('exit', resolve))
    const outcome = await this.send(request)
    if (this.#ended === undefined) await exit
    return outcome
  }

  #next(): Promise<Outcome> {
    if (this.#ended !== undefined) return Promise.resolve(threadEnded(this.#ended))
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #settle(responses: readonly ThreadResponse[]): void {
    for (const response of responses) this.#waiting.shift()?.(response)
  }

  #end(reason: string): void {
    // The end of the thread may be reported before its last responses.
    for (;;) {
      const last = receiveMessageOnPort(this.#port)
      if (last === undefined) break
      this.#settle(last.message)
    }
    this.#port.close()
    this.#ended ??= reason
    for (const resolve of this.#waiting.splice(0)) resolve(threadEnded(this.#ended))
  }
}

function threadEnded(reason: string): Outcome {
  return { ok: false, message: `the database thread ended: ${reason}`, hasEnded: true }
}

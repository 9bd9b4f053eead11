import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { RegistryError } from '../../domain/registry-error.ts'
import type {
  WriterData,
  WriterOptions,
  WriterReady,
  WriterRequest,
  WriterResponse,
  WriterValue,
} from './sqlite-messages.ts'

type Waiting = (response: WriterResponse) => void

/** This side of the writer thread: sends requests, hands back answers in the same order. */
export class SqliteWriterClient {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #waiting: Waiting[] = []
  #died: string | undefined

  /** @param port the end on this side of a channel that only the thread and this class use */
  private constructor(worker: Worker, port: MessagePort) {
    this.#worker = worker
    this.#port = port
    port.on('message', (responses: readonly WriterResponse[]) => this.#settle(responses))
    worker.on('error', (error) => this.#fail(String(error)))
    worker.on('exit', () => this.#fail('it ended'))
  }

  /**
   * Starts the thread and waits until the file is open.
   *
   * @throws RegistryError `STORAGE_UNUSABLE` that names the file and says what to do
   */
  static async start(
    options: WriterOptions,
  ): Promise<{ writer: SqliteWriterClient; ready: WriterReady }> {
    // Under a TypeScript-running Node this file is `.ts`, in the published package `.js`.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const thread = new URL(`./sqlite-writer-thread.${extension}`, import.meta.url)
    // Not the channel of the worker itself: there, Node's watch mode sends messages of its own.
    const { port1, port2 } = new MessageChannel()
    const workerData: WriterData = { options, port: port2 }
    const worker = new Worker(thread, { workerData, transferList: [port2] })
    const writer = new SqliteWriterClient(worker, port1)
    const response = await writer.#next()
    if (!response.ok) throw new RegistryError('STORAGE_UNUSABLE', response.message)
    return { writer, ready: response.value as unknown as WriterReady }
  }

  /** @throws RegistryError `STORAGE_UNAVAILABLE` */
  async request(request: WriterRequest): Promise<WriterValue | undefined> {
    const answer = this.#next()
    this.#port.postMessage(request)
    const response = await answer
    if (response.ok) return response.value
    throw new RegistryError('STORAGE_UNAVAILABLE', `the store failed: ${response.message}`)
  }

  async close(): Promise<void> {
    if (this.#died !== undefined) return
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve))
    await this.request({ kind: 'close' })
    await ended
  }

  #next(): Promise<WriterResponse> {
    if (this.#died !== undefined) return Promise.resolve(failed(this.#died))
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #settle(responses: readonly WriterResponse[]): void {
    for (const response of responses) this.#waiting.shift()?.(response)
  }

  #fail(reason: string): void {
    // The end of the thread may be reported before its last responses.
    for (;;) {
      const last = receiveMessageOnPort(this.#port)
      if (last === undefined) break
      this.#settle(last.message)
    }
    this.#port.close()
    this.#died ??= `the writer thread is gone: ${reason}`
    for (const resolve of this.#waiting.splice(0)) resolve(failed(this.#died))
  }
}

function failed(message: string): WriterResponse {
  return { ok: false, message }
}

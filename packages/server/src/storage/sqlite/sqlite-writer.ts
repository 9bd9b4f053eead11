import { Worker } from 'node:worker_threads'
import { RegistryError } from '../../domain/registry-error.ts'
import type {
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
  readonly #waiting: Waiting[] = []
  #died: string | undefined

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (responses: readonly WriterResponse[]) => {
      for (const response of responses) this.#waiting.shift()?.(response)
    })
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
    const writer = new SqliteWriterClient(new Worker(thread, { workerData: options }))
    const response = await writer.#next()
    if (!response.ok) throw new RegistryError('STORAGE_UNUSABLE', response.message)
    return { writer, ready: response.value as unknown as WriterReady }
  }

  /** @throws RegistryError `STORAGE_UNAVAILABLE` */
  async request(request: WriterRequest): Promise<WriterValue | undefined> {
    const answer = this.#next()
    this.#worker.postMessage(request)
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

  #fail(reason: string): void {
    this.#died ??= `the writer thread is gone: ${reason}`
    for (const resolve of this.#waiting.splice(0)) resolve(failed(this.#died))
  }
}

function failed(message: string): WriterResponse {
  return { ok: false, message }
}

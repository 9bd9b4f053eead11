import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Expectation, Latencies, LoadRequest, LoadSize } from './load-messages.ts'

const PROCESS = fileURLToPath(new URL('./load-process.ts', import.meta.url))

/** Load on a registry, sent by another process, which knows what was acknowledged. */
export class Load implements Disposable {
  readonly #child: ChildProcess

  private constructor(size: LoadSize) {
    this.#child = fork(PROCESS, [JSON.stringify(size)], { execArgv: [] })
  }

  /** Registers the fleet, and starts the load. */
  static async start(size: LoadSize): Promise<Load> {
    const load = new Load(size)
    await load.#ask('start')
    return load
  }

  /** Returns what a copy that is made by `work` must contain. */
  async during(work: () => Promise<unknown>): Promise<Expectation> {
    await this.#ask('begin')
    await work()
    return (await this.#ask('end')) as Expectation
  }

  /** Returns the latencies since the last time. */
  async measure(): Promise<Latencies> {
    return (await this.#ask('measure')) as Latencies
  }

  async #ask(request: LoadRequest): Promise<unknown> {
    this.#child.send(request)
    const [{ value }] = await once(this.#child, 'message')
    return value
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}

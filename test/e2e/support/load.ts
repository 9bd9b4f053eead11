import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Expectation, Latencies, LoadRequest, LoadSize, Period } from './load-messages.ts'

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
    await load.#ask({ kind: 'start' })
    return load
  }

  /** Returns the period of `work`. Costs the process that sends the load nothing. */
  async during(work: () => Promise<unknown>): Promise<Period> {
    const beganMs = await this.#time()
    await work()
    return { beganMs, endedMs: await this.#time() }
  }

  /** Returns what a copy made in a period must contain. Delays the load while that is found out. */
  async expectation(period: Period): Promise<Expectation> {
    return (await this.#ask({ kind: 'expectation', period })) as Expectation
  }

  /** Returns the latencies since the last time. */
  async measure(): Promise<Latencies> {
    return (await this.#ask({ kind: 'measure' })) as Latencies
  }

  async #time(): Promise<number> {
    return (await this.#ask({ kind: 'time' })) as number
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

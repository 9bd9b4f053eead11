import { createServer } from 'node:net'
import type { SeededRandom } from './feed-random.ts'
import { RegistryProcess } from './registry-process.ts'

/**
 * Below the ephemeral ports of the system: a client that connects to an ephemeral port without a
 * listener may end up connected to itself.
 */
const PORTS = { least: 15_000, most: 30_000 }

/** Options that all starts of a node share. */
interface NodeOptions {
  readonly cwd: string
  readonly db: string
  readonly random: SeededRandom
}

/** A node that can be killed and restarted on the same port. */
export class KillableNode implements AsyncDisposable {
  readonly url: string
  readonly #options: NodeOptions
  readonly #port: number
  #process: RegistryProcess | undefined
  #up = Promise.withResolvers<void>()

  private constructor(options: NodeOptions, port: number) {
    this.#options = options
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
  }

  /** Creates a node without starting it. */
  static async prepare(options: NodeOptions): Promise<KillableNode> {
    return new KillableNode(options, await freePort())
  }

  get isUp(): boolean {
    return this.#process !== undefined
  }

  /** Resolves once the node accepts requests; at once, unless it is down. */
  get up(): Promise<void> {
    return this.#up.promise
  }

  /** Each start has random settings: the history limit, the cleanup interval. */
  async start(): Promise<void> {
    const { cwd, db, random } = this.#options
    const settings = {
      port: this.#port,
      'history-limit': random.pick([50, 400, 100_000, 100_000]),
      'cleanup-interval': random.pick([1, 1.7, 60]),
      'heartbeat-flush-interval': random.pick([0.1, 1]),
      'restart-grace': random.pick([0, 1, 30]),
      // The brake would hold back, for up to five minutes, the expiries that consumers wait for.
      'brake-fraction': 0,
    }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`])
    this.#process = await RegistryProcess.start({ cwd, db, args })
    this.#up.resolve()
  }

  /** Sends SIGKILL. */
  async kill(): Promise<void> {
    if (this.#process === undefined) return
    this.#up = Promise.withResolvers()
    const process = this.#process
    this.#process = undefined
    await process.kill()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.least + Math.floor(Math.random() * (PORTS.most - PORTS.least))
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}

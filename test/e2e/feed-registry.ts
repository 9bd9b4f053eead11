import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from '@rollcall/protocol'
import type { SeededRandom } from './feed-random.ts'
import { HttpClient } from './http-client.ts'
import { RegistryProcess } from './registry-process.ts'
import { sqliteUrl, type TemporaryFolder } from './temporary-folder.ts'

/**
 * Below the ports that the system gives to outgoing connections: a client that tries to connect
 * to such a port while nobody listens there may end up connected to itself.
 */
const PORTS = { least: 15_000, most: 30_000 }
/** Nothing changes for so long: longer than a lapse or a cleanup takes to show. */
const QUIET_MS = 250

/** A registry that is killed and comes back, on the same port and mostly on the same file. */
export class MortalRegistry implements AsyncDisposable {
  readonly url: string
  readonly http: HttpClient
  readonly #folder: TemporaryFolder
  readonly #random: SeededRandom
  readonly #port: number
  #process: RegistryProcess | undefined
  #up = Promise.withResolvers<void>()
  #files = 0
  #kills = 0

  private constructor(folder: TemporaryFolder, random: SeededRandom, port: number) {
    this.#folder = folder
    this.#random = random
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
    this.http = new HttpClient(this.url)
  }

  static async start(folder: TemporaryFolder, random: SeededRandom): Promise<MortalRegistry> {
    const registry = new MortalRegistry(folder, random, await freePort())
    await registry.start()
    return registry
  }

  get kills(): number {
    return this.#kills
  }

  /** Resolves when it can be asked; at once, unless it is dead. */
  get up(): Promise<void> {
    return this.#up.promise
  }

  /** Each life has settings of its own: how long its history reaches, how often it cleans up. */
  async start(): Promise<void> {
    const settings = {
      port: this.#port,
      'history-limit': this.#random.pick([50, 400, 100_000, 100_000]),
      'cleanup-interval': this.#random.pick([1, 1.7, 60]),
      'heartbeat-flush-interval': this.#random.pick([0.1, 1]),
      'restart-grace': this.#random.pick([0, 1, 30]),
    }
    this.#process = await RegistryProcess.start({
      cwd: this.#folder.path,
      db: sqliteUrl(this.#folder.file(`feed-${this.#files}.db`)),
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    })
    this.#up.resolve()
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    this.#up = Promise.withResolvers()
    await this.#process?.kill()
    this.#kills++
  }

  /** The next life begins on an empty file: its history is another one. */
  loseFile(): void {
    this.#files++
  }

  async revision(): Promise<number> {
    const { body } = await this.http.get<Health>('/health')
    return body.revision
  }

  /** Resolves with the revision once nothing changes any more. */
  async quiet(): Promise<number> {
    for (let before = await this.revision(); ; ) {
      await sleep(QUIET_MS)
      const revision = await this.revision()
      if (revision === before) return revision
      before = revision
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.http.close()
    await this.#process?.kill()
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

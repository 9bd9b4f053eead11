import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from '@rollcall/protocol'
import type { FreshStore } from '../../stores/fresh-store.ts'
import type { SeededRandom } from './feed-random.ts'
import { HttpClient, type Send } from './http-client.ts'
import { KillableNode } from './killable-node.ts'

/** Period without changes: longer than a lapse or a cleanup takes to show. */
const STABLE_MS = 250

/** What the registry is created from. */
interface RegistryParts {
  readonly store: FreshStore
  readonly random: SeededRandom
  /** Number of nodes, one by default; more only on a store that nodes can share. */
  readonly nodes?: number
}

/** A registry whose nodes are killed and restarted, usually with their data. */
export class KillableRegistry implements AsyncDisposable {
  readonly #nodes: readonly KillableNode[]
  readonly #clients: readonly HttpClient[]
  readonly #store: FreshStore
  readonly #random: SeededRandom
  #turn = 0
  #figures = { kills: 0, losses: 0, forks: 0 }

  private constructor({ store, random }: RegistryParts, nodes: readonly KillableNode[]) {
    this.#store = store
    this.#random = random
    this.#nodes = nodes
    this.#clients = nodes.map(({ url }) => new HttpClient(url))
  }

  static async start(parts: RegistryParts): Promise<KillableRegistry> {
    const { store, random, nodes: size = 1 } = parts
    const nodes = await Promise.all(
      Array.from({ length: size }, () =>
        KillableNode.prepare({ cwd: store.folder, db: store.url, random: random.fork() }),
      ),
    )
    const registry = new KillableRegistry(parts, nodes)
    await registry.start()
    return registry
  }

  /** Number of kills of a node, of losses of all data, and of changes to a copy of the data. */
  get figures(): { readonly kills: number; readonly losses: number; readonly forks: number } {
    return this.#figures
  }

  /** URL of the first node. */
  get url(): string {
    return (this.#nodes[0] as KillableNode).url
  }

  /** Client of the first node. */
  get http(): HttpClient {
    return this.clients[0] as HttpClient
  }

  /** One client for each node. */
  get clients(): readonly HttpClient[] {
    return this.#clients
  }

  /** Sends each request to the next node, running or not. */
  readonly send: Send = (...request) => {
    this.#turn++
    return (this.#clients[this.#turn % this.#clients.length] as HttpClient).send(...request)
  }

  /** Resolves with the URL of a running node, if possible another than the given one. */
  async nodeOtherThan(url: string | undefined): Promise<string> {
    for (;;) {
      const running = this.#nodes.filter((node) => node.isUp)
      const node = running.find((other) => other.url !== url) ?? running[0]
      if (node !== undefined) return node.url
      await Promise.race(this.#nodes.map(({ up }) => up))
    }
  }

  /** Starts the nodes that are not running. */
  async start(): Promise<void> {
    await Promise.all(this.#nodes.filter((node) => !node.isUp).map((node) => node.start()))
  }

  /** Sends SIGKILL to one node, or to all of them at once. */
  async kill(): Promise<void> {
    const isTotal = this.#nodes.length === 1 || this.#random.chance(0.3)
    const one = this.#nodes[this.#random.integer(0, this.#nodes.length - 1)]
    await this.#kill(isTotal ? this.#nodes : this.#nodes.filter((node) => node === one))
  }

  /**
   * Kills all running nodes and deletes the data; the next start begins empty with another epoch.
   */
  async lose(): Promise<void> {
    await this.#kill(this.#nodes)
    await this.#store.lose()
    this.#figures.losses++
  }

  /**
   * Goes on with an older copy of the data, or with one that has diverged. Nodes on a database may notice it
   * while they are running; a file is exchanged while the registry is down.
   */
  async fork(): Promise<void> {
    if (this.#nodes.length === 1 || this.#random.chance(0.5)) await this.#kill(this.#nodes)
    await this.#store.exchange()
    this.#figures.forks++
  }

  async revision(): Promise<number> {
    const { body } = await this.send<Health>('GET', '/health')
    return body.revision
  }

  /** Resolves with the revision once it is stable. */
  async quiet(): Promise<number> {
    for (let before = await this.revision(); ; ) {
      await sleep(STABLE_MS)
      const revision = await this.revision()
      if (revision === before) return revision
      before = revision
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const http of this.#clients) http.close()
    await Promise.all(this.#nodes.map((node) => node.kill()))
  }

  async #kill(nodes: readonly KillableNode[]): Promise<void> {
    const running = nodes.filter(({ isUp }) => isUp)
    this.#figures.kills += running.length
    await Promise.all(running.map((node) => node.kill()))
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from '@rollcall/protocol'
import type { FreshStore } from '../../stores/fresh-store.ts'
import type { SeededRandom } from './feed-random.ts'
import { HttpClient, type Send } from './http-client.ts'
import { KillableNode } from './killable-node.ts'

/** Nothing changes for so long: longer than a lapse or a cleanup takes to show. */
const QUIET_MS = 250

/** What a registry is made of that may die. */
interface RegistryParts {
  readonly store: FreshStore
  readonly random: SeededRandom
  /** How many there are, one by default; more only on a store that nodes can share. */
  readonly nodes?: number
}

/** A registry whose nodes are killed and come back, mostly to the data that were there. */
export class MortalRegistry implements AsyncDisposable {
  readonly #nodes: readonly KillableNode[]
  readonly #https: readonly HttpClient[]
  readonly #store: FreshStore
  readonly #random: SeededRandom
  #turn = 0
  #figures = { kills: 0, losses: 0 }

  private constructor({ store, random }: RegistryParts, nodes: readonly KillableNode[]) {
    this.#store = store
    this.#random = random
    this.#nodes = nodes
    this.#https = nodes.map(({ url }) => new HttpClient(url))
  }

  static async start(parts: RegistryParts): Promise<MortalRegistry> {
    const { store, random, nodes: size = 1 } = parts
    const nodes = await Promise.all(
      Array.from({ length: size }, () =>
        KillableNode.prepare({ cwd: store.folder, db: store.url, random: random.fork() }),
      ),
    )
    const registry = new MortalRegistry(parts, nodes)
    await registry.start()
    return registry
  }

  /** How often a node was killed, and how often all data were lost. */
  get figures(): { readonly kills: number; readonly losses: number } {
    return this.#figures
  }

  /** Of the first node, which may be the only one. */
  get url(): string {
    return (this.#nodes[0] as KillableNode).url
  }

  /** Asks the first node. */
  get http(): HttpClient {
    return this.https[0] as HttpClient
  }

  /** One for each node. */
  get https(): readonly HttpClient[] {
    return this.#https
  }

  /** Asks one node after the other, whether or not it lives just now. */
  readonly send: Send = (...request) => {
    this.#turn++
    return (this.#https[this.#turn % this.#https.length] as HttpClient).send(...request)
  }

  /**
   * Resolves with the URL of a node that can be asked: of another than the one given, if there is
   * one alive.
   */
  async nodeOtherThan(url: string | undefined): Promise<string> {
    for (;;) {
      const alive = this.#nodes.filter((node) => node.isUp)
      const node = alive.find((other) => other.url !== url) ?? alive[0]
      if (node !== undefined) return node.url
      await Promise.race(this.#nodes.map(({ up }) => up))
    }
  }

  /** Starts the nodes that are dead. */
  async start(): Promise<void> {
    await Promise.all(this.#nodes.filter((node) => !node.isUp).map((node) => node.start()))
  }

  /** `kill -9` for one node, or for all of them at once. */
  async kill(): Promise<void> {
    const isEnd = this.#nodes.length === 1 || this.#random.chance(0.3)
    const one = this.#nodes[this.#random.integer(0, this.#nodes.length - 1)]
    await this.#kill(isEnd ? this.#nodes : this.#nodes.filter((node) => node === one))
  }

  /** `kill -9` for all nodes that live; the next life begins with nothing, and another history. */
  async lose(): Promise<void> {
    await this.#kill(this.#nodes)
    await this.#store.lose()
    this.#figures.losses++
  }

  async revision(): Promise<number> {
    const { body } = await this.send<Health>('GET', '/health')
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
    for (const http of this.#https) http.close()
    await Promise.all(this.#nodes.map((node) => node.kill()))
  }

  async #kill(nodes: readonly KillableNode[]): Promise<void> {
    const alive = nodes.filter(({ isUp }) => isUp)
    this.#figures.kills += alive.length
    await Promise.all(alive.map((node) => node.kill()))
  }
}

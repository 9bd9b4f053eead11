import { DiscoveryClient, type WatchEvent } from '@rollcall/client'
import type { Agent } from '@rollcall/protocol'
import type { RegistryNodes } from './registry-nodes.ts'

/** Changes that take an agent out of the list. */
const DEPARTURES: readonly string[] = [
  'deregistered',
  'expired',
  'removed',
] satisfies WatchEvent['type'][]

/** Reads the lists of all nodes, one after the other without a pause, and follows the feed. */
export class PresenceWatch implements AsyncDisposable {
  /** What was wrong with an agent at some moment. */
  readonly faults: string[] = []
  /** Number of lists that were read. */
  lists = 0
  readonly #stop = new AbortController()
  readonly #running: Promise<unknown>

  /** @param ids agents that are listed and ready now, and have to be so throughout */
  constructor(nodes: RegistryNodes, ids: readonly string[]) {
    this.#running = Promise.all([
      ...nodes.nodes.map(({ http }) => this.#readLists(() => http.get('/agents'), ids)),
      this.#follow(nodes.last.url),
    ])
  }

  /** Resolves when each node has sent another list. */
  async read(): Promise<void> {
    const enough = this.lists + 10
    while (this.lists < enough) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  /** Ends the watch. Returns what was wrong. */
  async end(): Promise<readonly string[]> {
    this.#stop.abort()
    await this.#running
    return this.faults
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  async #readLists(
    list: () => Promise<{ body: readonly Agent[] }>,
    ids: readonly string[],
  ): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { body } = await list()
      const statuses = new Map(body.map(({ agent_id, status }) => [agent_id, status]))
      for (const id of ids) {
        const status = statuses.get(id) ?? 'absent'
        if (status !== 'ready') this.faults.push(`list: ${id} is ${status}`)
      }
      this.lists++
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async #follow(registryUrl: string): Promise<void> {
    const { signal } = this.#stop
    const registry = new DiscoveryClient({ registryUrl, logger: null })
    try {
      for await (const event of registry.watch({}, { signal })) {
        if ('agentId' in event && DEPARTURES.includes(event.type)) {
          this.faults.push(`feed: ${event.agentId} ${event.type}`)
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

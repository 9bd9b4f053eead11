import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import type { ClusterNode } from './cluster-node.ts'

const POLL_MS = 50

/** Finds the node that sweeps: the database knows it by a name that the node generated. */
export class SweepingNode {
  readonly #cluster: Cluster
  readonly #nodes = new Map<string, ClusterNode>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Starts a node while no other node starts, and records its name. */
  async introduce(node: ClusterNode): Promise<void> {
    const before = await this.#names()
    await node.start()
    const added = (await this.#names()).filter((name) => !before.includes(name))
    const [name] = added
    if (name === undefined || added.length > 1) throw new Error(`${added.length} nodes were added`)
    this.#nodes.set(name, node)
  }

  /** Returns the current sweeper; waits for one if there is none. */
  async find(): Promise<ClusterNode> {
    for (;;) {
      const [row] = await this.#cluster.query<{ sweeper: string | null }>(
        'SELECT sweeper FROM rollcall.pulse',
      )
      const node = this.#nodes.get(row?.sweeper ?? '')
      if (node !== undefined) return node
      await sleep(POLL_MS)
    }
  }

  async #names(): Promise<string[]> {
    const exists = `SELECT to_regclass('rollcall.nodes') IS NOT NULL AS made`
    const [table] = await this.#cluster.query<{ made: boolean }>(exists)
    if (table?.made !== true) return []
    const rows = await this.#cluster.query<{ node: string }>('SELECT node FROM rollcall.nodes')
    return rows.map(({ node }) => node)
  }
}

import { TemporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { queryOnce } from '../../postgres/support/postgres-client.ts'
import { PostgresServer, type PostgresSettings } from '../../postgres/support/postgres-server.ts'
import { ClusterNode } from './cluster-node.ts'

/** How the nodes of a cluster are created. */
export interface ClusterOptions {
  /** One node for each name. */
  readonly names: readonly string[]
  /** Options of `rollcall serve`, for all nodes. */
  readonly args?: readonly string[]
  /** Milliseconds by which the clocks of nodes are off, by name. */
  readonly clockErrorsMs?: Readonly<Record<string, number>>
  /**
   * Whether the database writes as durably as in production; default: it keeps the data in memory.
   */
  readonly isDurable?: boolean
}

/** No power failure is simulated. */
const NO_DURABILITY: PostgresSettings = { fsync: 'off', full_page_writes: 'off' }

/** A real PostgreSQL and nodes on one of its databases, which `start` starts. */
export class Cluster implements AsyncDisposable {
  readonly nodes: readonly ClusterNode[]
  readonly postgres: PostgresServer
  /** The URL of the database. */
  readonly db: string
  readonly #stack: AsyncDisposableStack

  private constructor(
    stack: AsyncDisposableStack,
    parts: { nodes: readonly ClusterNode[]; postgres: PostgresServer; db: string },
  ) {
    this.#stack = stack
    this.nodes = parts.nodes
    this.postgres = parts.postgres
    this.db = parts.db
  }

  static async create(options: ClusterOptions): Promise<Cluster> {
    const { names, args = [], clockErrorsMs = {}, isDurable = false } = options
    await using stack = new AsyncDisposableStack()
    const folder = stack.use(new TemporaryFolder())
    const postgres = stack.use(
      await PostgresServer.launch(isDurable ? {} : { settings: NO_DURABILITY, isInMemory: true }),
    )
    // On a busy machine a connection may receive longer than the default timeout of a node.
    const db = `${await postgres.createDatabase()}?connect_timeout=15`
    const nodes: ClusterNode[] = []
    for (const name of names) {
      const clockErrorMs = clockErrorsMs[name]
      const own = {
        cwd: folder.path,
        db,
        args,
        ...(clockErrorMs !== undefined && { clockErrorMs }),
      }
      nodes.push(stack.use(await ClusterNode.create(name, own)))
    }
    return new Cluster(stack.move(), { nodes, postgres, db })
  }

  /** Creates a cluster and starts its nodes one after the other. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = await Cluster.create(options)
    try {
      for (const node of cluster.nodes) await node.start()
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Returns a node by its position in the names. */
  node(index: number): ClusterNode {
    const node = this.nodes[index]
    if (node === undefined) throw new Error(`there is no node ${index}`)
    return node
  }

  /** Queries the database directly. */
  query<Row extends object>(sql: string): Promise<Row[]> {
    return queryOnce<Row & Record<string, unknown>>(this.db, sql)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

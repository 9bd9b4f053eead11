import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { queryOnce } from '../postgres/support/postgres-client.ts'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import type { RegistryTraits, Store } from './attack.ts'
import { RegistryNode } from './registry-node.ts'

/** How to start the registry of a run. */
export interface RegistryOptions {
  readonly store: Store
  readonly traits: RegistryTraits
  /** The bin file to run; default: that of this checkout. */
  readonly command: string | undefined
  /** Whether PostgreSQL may keep its data in memory, for a functional check. */
  readonly isInMemory: boolean
}

const ROLE = 'registry'

/** One node on a file, or one or more on their own PostgreSQL server. */
export class RegistryUnderPressure implements AsyncDisposable {
  readonly nodes: readonly RegistryNode[]
  /** Path of the file, on SQLite. */
  readonly file: string | undefined
  /** URL for a superuser, on PostgreSQL. */
  readonly databaseUrl: string | undefined
  readonly #resources: AsyncDisposableStack

  private constructor(parts: {
    nodes: readonly RegistryNode[]
    file: string | undefined
    databaseUrl: string | undefined
    resources: AsyncDisposableStack
  }) {
    this.nodes = parts.nodes
    this.file = parts.file
    this.databaseUrl = parts.databaseUrl
    this.#resources = parts.resources
  }

  /** Starts everything and waits until it is ready. */
  static async start(options: RegistryOptions): Promise<RegistryUnderPressure> {
    await using resources = new AsyncDisposableStack()
    const { store, traits, command } = options
    const folder = resources.use(new TemporaryFolder())
    const isSqlite = store === 'sqlite'
    const file = isSqlite ? folder.file('rollcall.db') : undefined
    const postgres = isSqlite
      ? undefined
      : resources.use(await PostgresServer.launch({ isInMemory: options.isInMemory }))
    const databaseUrl = await postgres?.createDatabase()
    const db = databaseUrl === undefined ? `sqlite:///${file}` : await urlOfRole(databaseUrl)
    const nodes: RegistryNode[] = []
    while (nodes.length < (isSqlite ? 1 : (traits.nodes ?? 1))) {
      const node = await RegistryNode.start({ ...traits, db, command, cwd: folder.path })
      nodes.push(resources.use(node))
    }
    return new RegistryUnderPressure({ nodes, file, databaseUrl, resources: resources.move() })
  }

  get first(): RegistryNode {
    const [node] = this.nodes
    if (node === undefined) throw new Error('there is no node')
    return node
  }

  /** Resident memory of the largest node, in bytes. */
  residentBytes(): number {
    return Math.max(...this.nodes.map((node) => node.residentBytes()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

/**
 * Creates a role that owns the schema but is not a superuser, because a superuser cannot be denied
 * a privilege.
 */
async function urlOfRole(databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl)
  await queryOnce(databaseUrl, `CREATE ROLE ${ROLE} LOGIN PASSWORD '${url.password}'`)
  await queryOnce(databaseUrl, `GRANT CREATE ON DATABASE ${url.pathname.slice(1)} TO ${ROLE}`)
  url.username = ROLE
  return url.href
}

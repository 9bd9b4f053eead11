import { PostgresServer } from '../test/postgres/support/postgres-server.ts'
import { type Subject, startRollcall } from './processes.ts'

/** Nodes on a dedicated PostgreSQL server with default durability. */
export interface PostgresNodes extends Subject {
  /** The URL of each node. */
  readonly urls: readonly string[]
  readonly server: PostgresServer
}

const SETTINGS = { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '15min' }

/** Starts PostgreSQL on this machine, and nodes that use it. */
export async function startPostgresNodes(
  count: number,
  options: { arguments?: string[] } = {},
): Promise<PostgresNodes> {
  const server = await PostgresServer.launch({ settings: SETTINGS })
  const first = await startRollcall({ ...options, db: server.url() })
  const nodes = [first]
  while (nodes.length < count) nodes.push(await startRollcall({ ...options, db: server.url() }))
  return {
    ...first,
    urls: nodes.map(({ url }) => url),
    server,
    [Symbol.asyncDispose]: async () => {
      for (const node of nodes) await node[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** Returns the share of HOT updates, which touch no index, among all updates of `agents` so far. */
export async function hotShare({ server }: PostgresNodes): Promise<number> {
  // PostgreSQL publishes the counters up to a second late.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const [row] = await server.query<{ share: number }>(
    `SELECT n_tup_hot_upd::float8 / nullif(n_tup_upd, 0) AS share
     FROM pg_stat_user_tables WHERE relname = 'agents'`,
  )
  return row?.share ?? Number.NaN
}

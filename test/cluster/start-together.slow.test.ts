// Ten nodes and an empty database: one node creates the schema, the others wait for it.
import { expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { queryOnce, withClient } from '../postgres/support/postgres-client.ts'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { ClusterNode } from './support/cluster-node.ts'

const NODES = 10

/** Counts tables as they are created, including those of a transaction that fails. */
const COUNT_TABLES = `
  CREATE SEQUENCE public.tables_made;
  CREATE FUNCTION public.count_table() RETURNS event_trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM nextval('public.tables_made') FROM pg_event_trigger_ddl_commands()
      WHERE object_identity = 'rollcall.registry';
  END $$;
  CREATE EVENT TRIGGER count_tables ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
    EXECUTE FUNCTION public.count_table();`

test('ten nodes that start at once on an empty database form one registry; another schema is another registry', async () => {
  using folder = new TemporaryFolder()
  await using postgres = await PostgresServer.launch({
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: 400 },
    isInMemory: true,
  })
  // Eleven processes start at once and each is slow on a busy machine.
  const db = `${await postgres.createDatabase()}?connect_timeout=15`
  await withClient(db, (client) => client.query(COUNT_TABLES))
  await using stack = new AsyncDisposableStack()
  const create = async (name: string, args: readonly string[] = []): Promise<ClusterNode> =>
    stack.use(await ClusterNode.create(name, { cwd: folder.path, db, args }))
  const nodes = await Promise.all(Array.from({ length: NODES }, (_, i) => create(`node-${i}`)))
  const other = await create('other', ['--db-schema', 'other'])

  const startedAt = Date.now()
  await Promise.all([...nodes, other].map((node) => node.start()))
  const tookMs = Date.now() - startedAt

  const [made] = await queryOnce<{ count: number }>(
    db,
    'SELECT CASE WHEN is_called THEN last_value ELSE 0 END::int AS count FROM public.tables_made',
  )
  expect(made?.count).toBe(1)
  for (const node of [...nodes, other])
    expect(node.output).not.toMatch(/"level":"(warn|error|fatal)"/)
  const health = await Promise.all(nodes.map((node) => node.health()))
  expect(new Set(health.map(({ epoch }) => epoch)).size).toBe(1)

  for (const node of [...nodes, other]) {
    const agent = registration(`of-${node.name}`)
    expect((await node.http.send('POST', '/agents/register', agent)).status).toBe(200)
  }
  const names = nodes.map(({ name }) => `of-${name}`).sort()
  for (const node of nodes) {
    expect((await node.agents()).map(({ agent_id }) => agent_id)).toEqual(names)
    expect(await node.history()).toHaveLength(NODES)
  }
  expect((await other.agents()).map(({ agent_id }) => agent_id)).toEqual(['of-other'])
  expect(await other.history()).toHaveLength(1)
  const elsewhere = await other.health()
  expect(elsewhere).toMatchObject({ registered_agents: 1, revision: 1 })
  expect(elsewhere.epoch).not.toBe(health[0]?.epoch)
  // Events of one schema are not delivered in the other.
  expect((await other.http.send('DELETE', `/agents/${names[0]}`)).status).toBe(404)
  expect((await nodes[0]?.http.send('DELETE', '/agents/of-other'))?.status).toBe(404)
  console.log(
    `${NODES} nodes and one of another schema started at once in ${tookMs} ms on an empty ` +
      `database: the schema was created ${made?.count} time, every node serves all ${NODES} agents`,
  )
})

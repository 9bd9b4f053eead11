// The readiness probe writes like registrations do, and detects an upgraded schema.
import { AgentRegistryServer } from '@rollcall/server'
import { expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../sample-registration.ts'

const database = databasePerTest()

const name = () => new URL(database.url).pathname.slice(1)

async function ready(server: AgentRegistryServer): Promise<{ status: number; detail: string }> {
  const { statusCode: status, body } = await server.createApp().inject('/health/ready')
  return { status, detail: JSON.parse(body).detail ?? '' }
}

test('a node whose role loses write privileges is not ready until they are restored', async () => {
  const role = `role_of_${name()}`
  await queryOnce(database.url, `CREATE ROLE ${role} LOGIN PASSWORD 'limited'`)
  await queryOnce(database.url, `CREATE SCHEMA rollcall AUTHORIZATION ${role}`)
  const url = new URL(database.url)
  url.username = role
  url.password = 'limited'
  await using server = new AgentRegistryServer(url.href)
  await eventually(async () => (await ready(server)).status).toBe(200)
  const rights = 'INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA rollcall'
  await queryOnce(database.url, `REVOKE ${rights} FROM ${role}`)
  await eventually(() => ready(server)).toEqual({
    status: 503,
    detail: expect.stringMatching(/permission denied for table/),
  })
  await queryOnce(database.url, `GRANT ${rights} TO ${role}`)
  await eventually(async () => (await ready(server)).status).toBe(200)
  await server.close()
  await queryOnce(database.url, `DROP OWNED BY ${role}`)
  await queryOnce(database.url, `DROP ROLE ${role}`)
})

test('a node whose database was made read-only is not ready', async () => {
  await using server = new AgentRegistryServer(database.url)
  await eventually(async () => (await ready(server)).status).toBe(200)
  await queryOnce(database.url, `ALTER DATABASE ${name()} SET default_transaction_read_only = on`)
  await queryOnce(
    database.url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'rollcall'`,
  )
  await eventually(() => ready(server)).toEqual({
    status: 503,
    detail: expect.stringMatching(/read-only transaction/),
  })
})

test('a node that cannot read what another one writes is not ready until it can', async () => {
  await using node = await PostgresAgentRegistryRepository.open(database.url)
  await using server = new AgentRegistryServer(database.url)
  await eventually(async () => (await ready(server)).status).toBe(200)
  await queryOnce(
    database.url,
    `CREATE FUNCTION damage() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN NEW.agent := '?' || NEW.agent; RETURN NEW; END $$;
     CREATE TRIGGER damage BEFORE INSERT ON rollcall.transitions
       FOR EACH ROW EXECUTE FUNCTION damage()`,
  )
  await node.add(registration({ agentId: 'a' }))
  await eventually(() => ready(server)).toEqual({
    status: 503,
    detail: expect.stringMatching(/what other nodes write cannot be read: .*not valid JSON/),
  })
  await queryOnce(database.url, 'DROP TRIGGER damage ON rollcall.transitions')
  await queryOnce(database.url, 'UPDATE rollcall.transitions SET agent = substr(agent, 2)')
  // At once, not only after the next poll.
  expect(await ready(server)).toEqual({ status: 200, detail: '' })
})

test('calls within a second share one probe', async () => {
  await using node = await PostgresAgentRegistryRepository.open(database.url)
  const probes = async () => {
    const [row] = await queryOnce<{ probes: string }>(
      database.url,
      'SELECT probes FROM rollcall.probe',
    )
    return Number(row?.probes)
  }
  await Promise.all(Array.from({ length: 100 }, () => node.checkWritable()))
  for (let again = 0; again < 20; again++) await node.checkWritable()
  expect(await probes()).toBe(1)
  await eventually(async () => {
    await node.checkWritable()
    return probes()
  }).toBe(2)
})

test.each([
  {
    by: 'a migration',
    sql: 'INSERT INTO rollcall.migrations (version) VALUES (999)',
    reason: /another node upgraded the schema to version 999.*supports \d+: upgrade it/,
  },
  {
    by: 'a detail of agents',
    sql: 'UPDATE rollcall.functions SET details = 99',
    reason: /another node knows 99 details of agents, and this node \d+: upgrade it/,
  },
])('a node that is behind by $by refuses changes, but accepts heartbeats', async (newer) => {
  await using node = await PostgresAgentRegistryRepository.open(database.url)
  await node.add(registration({ agentId: 'a' }))
  await queryOnce(database.url, newer.sql)
  const upgraded = { code: 'STORAGE_UNAVAILABLE', message: expect.stringMatching(newer.reason) }
  await eventually(() => node.checkWritable().catch((error: unknown) => error)).toMatchObject(
    upgraded,
  )
  await expect(node.add(registration({ agentId: 'b' }))).rejects.toMatchObject(upgraded)
  await expect(node.delete('a')).rejects.toMatchObject(upgraded)
  expect(await node.updateHeartbeat('a')).toBeDefined()
  expect(await node.updateHeartbeats([{ agentId: 'a' }])).toEqual({ ok: 1, unknown: [] })
  expect(await node.counts()).toMatchObject({ registered: 1, alive: 1 })
  await expect(PostgresAgentRegistryRepository.open(database.url)).rejects.toMatchObject({
    code: 'STORAGE_UNUSABLE',
  })
})

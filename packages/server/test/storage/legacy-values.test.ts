// Values that older versions accepted, and that would be rejected today, remain readable.
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { queryOnce } from '../../../../test/postgres/support/postgres-client.ts'
import { freshDatabase } from '../../../../test/postgres/support/shared-postgres.ts'
import { AgentRegistryServer, createStorageBackend } from '../../src/index.ts'
import { registration } from './sample-registration.ts'

const OLD = { host: '10.0.0.9:7000', url: 'http://[10.0.0.9:7000]:8000' }
const OLD_METADATA = '{"id":12345678901234567890,"n":1,"n":2}'

/** Stores an agent as an older version could have, and expects that the server handles it. */
async function expectReadable(url: string, execute: (sql: string) => unknown): Promise<void> {
  {
    await using repository = await createStorageBackend(url)
    await repository.add(registration({ metadata: { n: 1 } }))
  }
  await execute(
    `UPDATE agents SET host = '${OLD.host}', url = '${OLD.url}', metadata = '${OLD_METADATA}'`,
  )
  await using server = new AgentRegistryServer(url)
  const app = server.createApp()
  const list = await app.inject('/agents?metadata.n=2')
  expect(list.json()).toMatchObject([{ agent_id: 'scout', ...OLD }])
  const read = await app.inject('/agents/scout')
  expect(read.body).toContain(`"metadata":${OLD_METADATA}`)
  const heartbeat = await app.inject({ method: 'POST', url: '/agents/scout/heartbeat' })
  expect(heartbeat.statusCode, heartbeat.body).toBe(200)
  const targets = await app.inject('/sd/prometheus')
  expect(targets.statusCode).toBe(200)
  const deleted = await app.inject({ method: 'DELETE', url: '/agents/scout' })
  expect(deleted.statusCode).toBe(200)
}

test('an agent with an invalid address is read from an SQLite file', async () => {
  using folder = new TemporaryFolder()
  const file = folder.file('agents.db')
  await expectReadable(`sqlite:///${file}`, (sql) => {
    const database = new Database(file)
    database.exec(sql)
    database.close()
  })
})

test('an agent with an invalid address is read from PostgreSQL', async () => {
  await using database = await freshDatabase()
  await expectReadable(database.url, (sql) =>
    queryOnce(
      database.url,
      `${sql.replace('agents', 'rollcall.agents')}, terms = ARRAY['mn' || chr(1) || '2']`,
    ),
  )
}, 60_000)

import { expect, test } from 'vitest'
import { withClient } from './support/postgres-client.ts'
import { PostgresReplica } from './support/postgres-replica.ts'
import { PostgresServer } from './support/postgres-server.ts'

test('a replica follows its primary, and takes over after the primary was killed', async () => {
  await using primary = await PostgresServer.launch()
  await primary.query('CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n')
  await using replica = await PostgresReplica.of(primary)
  await primary.query('INSERT INTO kept SELECT generate_series(1001, 2000)')
  await replica.catchUp(primary)

  const count = 'SELECT count(*)::int AS n FROM kept'
  expect(await replica.query(count)).toEqual([{ n: 2000 }])
  expect(await replica.isInRecovery()).toBe(true)
  await expect(replica.query('DELETE FROM kept')).rejects.toThrow('read-only transaction')

  await primary.kill()
  await replica.promote()
  expect(await replica.isInRecovery()).toBe(false)
  await replica.query('INSERT INTO kept VALUES (2001)')
  expect(await replica.query(count)).toEqual([{ n: 2001 }])
  await replica.restart('immediate')
  expect(await replica.query(count)).toEqual([{ n: 2001 }])
})

test('a base backup taken under concurrent writes is complete', async () => {
  await using primary = await PostgresServer.launch()
  await primary.query('CREATE TABLE kept (n int)')
  let isCopied = false
  const writing = withClient(primary.url(), async (client) => {
    let written = 0
    while (!isCopied) await client.query('INSERT INTO kept VALUES ($1)', [++written])
    return written
  })
  await using replica = await PostgresReplica.of(primary)
  isCopied = true
  const written = await writing
  await replica.catchUp(primary)
  const found = 'SELECT count(*)::int AS count, max(n) AS last FROM kept'
  expect(await replica.query(found)).toEqual([{ count: written, last: written }])
  expect(written).toBeGreaterThan(0)
})

test('a primary with a synchronous replica loses no acknowledged write', async () => {
  await using primary = await PostgresServer.launch()
  await primary.query('CREATE TABLE kept (n int)')
  await using replica = await PostgresReplica.of(primary)
  await primary.query(`ALTER SYSTEM SET synchronous_standby_names = '${replica.name}'`)
  await primary.restart()
  await primary.query('INSERT INTO kept VALUES (1)')
  await primary.kill()
  await replica.promote()
  expect(await replica.query('SELECT n FROM kept')).toEqual([{ n: 1 }])
})

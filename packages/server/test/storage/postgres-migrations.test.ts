// A migration that was released is what it was, and a registry of an older version is upgraded.
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { queryOnce, withClient } from '../../../../test/postgres/postgres-client.ts'
import { type FreshDatabase, freshDatabase } from '../../../../test/postgres/shared-postgres.ts'
import { PostgresAgentRegistryRepository } from '../../src/storage/postgres/postgres-agent-registry-repository.ts'
import { MIGRATIONS } from '../../src/storage/postgres/postgres-schema.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { registration } from './sample-registration.ts'

let database: FreshDatabase

beforeEach(async () => {
  database = await freshDatabase()
})
afterEach(() => database[Symbol.asyncDispose]())

test('migrations are frozen: the next change is the next migration', () => {
  const hashes = MIGRATIONS.map((sql) =>
    createHash('sha256').update(sql).digest('hex').slice(0, 16),
  )
  expect(hashes).toEqual(HASHES)
})

const HASHES = ['311cbd1457732eef', 'f15425ed69883f16', 'b9541d1d987c9882']

test('a registry of version 2 is upgraded with all that is in it', async () => {
  const clock = new ManualClock()
  await makeVersion2(database.url, clock)
  await using node = await PostgresAgentRegistryRepository.open(database.url, { clock })
  const [{ version } = { version: 0 }] = await queryOnce<{ version: number }>(
    database.url,
    'SELECT max(version) AS version FROM rollcall.migrations',
  )
  expect(version).toBe(MIGRATIONS.length)
  expect(await node.get('old')).toMatchObject({ agentName: 'Old', alive: true, load: 0.5 })
  expect(await node.updateHeartbeat('old', { load: 0.75 })).toBeDefined()
  await node.add(registration({ agentId: 'new' }))
  await node.checkWritable()
  clock.advance(3_600_000)
  expect(await node.counts()).toMatchObject({ registered: 2 })
})

test('a node of version 2 that still runs commits and sweeps as it did', async () => {
  const clock = new ManualClock()
  await makeVersion2(database.url, clock)
  await using node = await PostgresAgentRegistryRepository.open(database.url, { clock })
  // What such a node sends: it knows nothing of the load that it found.
  const change = {
    agent_id: 'old',
    before: 1,
    gone: false,
    same_profile: true,
    ordinal: 1,
    status: 'busy',
    load: 0.25,
    last_beat: clock.wallMs(),
    deadline: clock.wallMs() + 60_000,
    expired: false,
  }
  const noted = { type: 'updated', agent_id: 'old', at: clock.wallMs(), reason: 'x' }
  const [row] = await queryOnce(
    database.url,
    'SELECT is_stale FROM rollcall.commit($1::json, $2::json, $3)',
    [JSON.stringify([change]), JSON.stringify([noted]), '{}'],
  )
  expect(row).toEqual({ is_stale: false })
  expect(await node.get('old')).toMatchObject({ status: 'busy', load: 0.25 })
  const ticked = await queryOnce(database.url, 'SELECT * FROM rollcall.tick($1, $2, $3, $4)', [
    clock.wallMs(),
    'an older node',
    50,
    250,
  ])
  expect(ticked).toHaveLength(1)
})

/** As Rollcall made it before, with one agent. */
async function makeVersion2(url: string, clock: ManualClock): Promise<void> {
  const now = clock.wallMs()
  await withClient(url, async (client) => {
    await client.query('CREATE SCHEMA rollcall')
    await client.query('CREATE TABLE rollcall.migrations (version integer PRIMARY KEY)')
    for (const [index, migration] of MIGRATIONS.slice(0, 2).entries()) {
      await client.query(migration)
      await client.query('INSERT INTO rollcall.migrations (version) VALUES ($1)', [index + 1])
    }
    await client.query(
      "INSERT INTO rollcall.registry (epoch, revision, registered) VALUES ('older', 1, 1)",
    )
    await client.query('INSERT INTO rollcall.pulse (seen) VALUES ($1)', [now])
    await client.query('INSERT INTO rollcall.indexing DEFAULT VALUES')
    await client.query(
      `INSERT INTO rollcall.agents (agent_id, agent_name, host, port, ttl_seconds, capabilities,
         url, status, load, registered_at, last_beat, deadline, expired, revision, terms)
       VALUES ('old', 'Old', '10.0.0.7', 8000, 60, '{}', 'http://10.0.0.7:8000', 'ready', 0.5,
         $1, $1, $1::bigint + 60000, false, 1, '{}')`,
      [now],
    )
    await client.query('INSERT INTO rollcall.checks (agent_id, check_at) VALUES ($1, $2)', [
      'old',
      now,
    ])
  })
}

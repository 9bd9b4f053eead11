// Released migrations do not change, and registries of older versions are upgraded.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce, withClient } from '../../../../../test/postgres/support/postgres-client.ts'
import { freshDatabase } from '../../../../../test/postgres/support/shared-postgres.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import {
  FUNCTIONS,
  FUNCTIONS_VERSION,
} from '../../../src/storage/postgres/schema/functions/index.ts'
import { MIGRATIONS } from '../../../src/storage/postgres/schema/migrations/index.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import {
  expectFixture,
  expectUsable,
  fixture,
  fixtureVersions,
  KEEP_ALL,
} from '../upgraded-registry.ts'

const VERSIONS = fixtureVersions('postgres', MIGRATIONS.length)

/** The first version of the schema that records which functions are there. */
const FIRST_WITH_FUNCTIONS = 4

const database = databasePerTest()

const hashOf = (sql: string) => createHash('sha256').update(sql).digest('hex').slice(0, 16)

test('migrations are frozen: the next schema change is a new migration', () => {
  expect(MIGRATIONS.map(hashOf)).toEqual([
    '311cbd1457732eef',
    'f15425ed69883f16',
    'b9541d1d987c9882',
    'e3c30b00ff8ec432',
    '4d2450aaea320d37',
    '6795740d9be7a022',
    'bf2372d0158fa7ac',
    'dc855c67025a37a4',
    'dc514faa247c618e',
  ])
})

test('functions that changed have a new version', () => {
  expect([FUNCTIONS_VERSION, hashOf(FUNCTIONS)]).toEqual([4, '96eb624eb2becbe3'])
})

test('functions of an older version are replaced, those of a newer version are kept', async () => {
  const clock = new ManualClock()
  const open = () => PostgresAgentRegistryRepository.open(database.url, { clock })
  const mark = (version: number) =>
    withClient(database.url, async (client) => {
      await client.query('UPDATE rollcall.functions SET version = $1', [version])
      await client.query(
        `CREATE OR REPLACE FUNCTION rollcall.step_clock(p_by bigint) RETURNS void
         LANGUAGE sql AS $$ /* marked */ SELECT 1 $$`,
      )
    })
  const isMarked = async () => {
    const [row] = await queryOnce<{ body: string }>(
      database.url,
      "SELECT prosrc AS body FROM pg_proc WHERE proname = 'step_clock'",
    )
    return row?.body.includes('marked')
  }
  await (await open()).close()
  await mark(FUNCTIONS_VERSION + 1)
  await (await open()).close()
  expect(await isMarked()).toBe(true)
  await mark(FUNCTIONS_VERSION - 1)
  await (await open()).close()
  expect(await isMarked()).toBe(false)
  const rows = await queryOnce(database.url, 'SELECT version FROM rollcall.functions')
  expect(rows).toEqual([{ version: FUNCTIONS_VERSION }])
})

test.each(VERSIONS)('a registry of version %i is upgraded with all its data', async (version) => {
  await restore(database.url, version)
  {
    await using node = await PostgresAgentRegistryRepository.open(database.url, KEEP_ALL)
    await expectFixture(node)
    await expectUsable(node)
  }
  await using again = await PostgresAgentRegistryRepository.open(database.url, KEEP_ALL)
  expect(await again.eventsSince(0)).toHaveLength(9)
  const found = await again.listAll({ text: 'eu-2' })[Symbol.asyncIterator]().next()
  expect(found.value).toMatchObject([{ agentId: 'new' }])
})

test.each(VERSIONS)(
  'an upgraded registry of version %i has the same schema as a new one',
  async (version) => {
    await restore(database.url, version)
    await (await PostgresAgentRegistryRepository.open(database.url)).close()
    await using other = await freshDatabase()
    await (await PostgresAgentRegistryRepository.open(other.url)).close()
    expect(await schemaOf(database.url)).toEqual(await schemaOf(other.url))
  },
)

test('a running node of version 2 can still commit and sweep', async () => {
  await restore(database.url, 2)
  await using node = await PostgresAgentRegistryRepository.open(database.url)
  const now = Date.now()
  // What such a node sends: without the load that it read.
  const change = {
    agent_id: 'worker',
    before: 4,
    gone: false,
    same_profile: true,
    ordinal: 1,
    status: 'draining',
    load: 0.25,
    last_beat: now,
    deadline: now + 60_000,
    expired: false,
  }
  const transition = { type: 'updated', agent_id: 'worker', at: now, reason: 'x' }
  const [row] = await queryOnce(
    database.url,
    'SELECT is_stale FROM rollcall.commit($1::json, $2::json, $3)',
    [JSON.stringify([change]), JSON.stringify([transition]), '{}'],
  )
  expect(row).toEqual({ is_stale: false })
  expect(await node.get('worker')).toMatchObject({ status: 'draining', load: 0.25 })
  const ticked = await queryOnce(database.url, 'SELECT * FROM rollcall.tick($1, $2, $3, $4)', [
    null,
    'an older node',
    50,
    250,
  ])
  expect(ticked).toHaveLength(1)
})

test('a token that version 6 has created, or creates now, sees all agents', async () => {
  const create = (id: string) =>
    queryOnce(
      database.url,
      `INSERT INTO rollcall.access_tokens
         (id, name, hash, scope, patterns, created_at, expires_at, created_by)
       VALUES ($1, $1, $1, 'read', '["*"]', 1, NULL, 'ops')`,
      [id],
    )
  await restore(database.url, 6)
  await create('before')
  await using node = await PostgresAgentRegistryRepository.open(database.url, KEEP_ALL)
  await create('now')
  const tokens = await node.tokens.list()
  expect(tokens.map(({ name, reads }) => [name, reads])).toEqual([
    ['before', ['*']],
    ['now', ['*']],
  ])
})

/** Creates a registry as an older version left it. */
async function restore(url: string, version: number): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('CREATE SCHEMA rollcall')
    await client.query('CREATE TABLE rollcall.migrations (version integer PRIMARY KEY)')
    for (const migration of MIGRATIONS.slice(0, version)) await client.query(migration)
    await client.query(await readFile(fixture(`postgres-v${version}.sql`), 'utf8'))
    // A fixture has the rows, also the version of the functions, but those that are there are of the migrations.
    if (version >= FIRST_WITH_FUNCTIONS) {
      await client.query('UPDATE rollcall.functions SET version = 0')
    }
  })
}

/** Returns every column, and every function with its body. */
async function schemaOf(url: string): Promise<unknown[]> {
  const columns = await queryOnce(
    url,
    `SELECT table_name, column_name, data_type, is_nullable, column_default
     FROM information_schema.columns WHERE table_schema = 'rollcall'
     ORDER BY table_name, ordinal_position`,
  )
  const functions = await queryOnce(
    url,
    `SELECT proname, pg_get_function_identity_arguments(oid) AS arguments, prosrc, provolatile
     FROM pg_proc WHERE pronamespace = 'rollcall'::regnamespace AND probin IS NULL ORDER BY proname, arguments`,
  )
  return [...columns, ...functions]
}

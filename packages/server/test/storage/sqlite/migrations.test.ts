// Released migrations do not change, and files of all released versions are upgraded with all their data.
import { createHash } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { tokenStoreOf } from '../../../src/access/token-store.ts'
import { createStorageBackend } from '../../../src/storage/create-storage-backend.ts'
import { AGENT_COLUMNS } from '../../../src/storage/sqlite/schema/columns.ts'
import { isEmptyDatabase, migrate } from '../../../src/storage/sqlite/schema/migrate.ts'
import { MIGRATIONS } from '../../../src/storage/sqlite/schema/migrations/index.ts'
import {
  expectFixture,
  expectUsable,
  fixture,
  fixtureVersions,
  KEEP_ALL,
} from '../upgraded-registry.ts'

test('migrations are frozen: the next schema change is a new migration', () => {
  const hashes = MIGRATIONS.map((sql) =>
    createHash('sha256').update(sql).digest('hex').slice(0, 16),
  )
  expect(hashes).toEqual([
    '8829d78524c9edf3',
    '45295472a9bae31d',
    'f1089532bdeb069b',
    '5b99b1b17a7360fe',
    '8f4cacf5d3bde046',
    'b8c2b166dd2b06ee',
    'ef4474d3d4768cb4',
  ])
})

test.each(['agents', 'transitions'])('%s has all columns of an agent', (table) => {
  using db = opened(':memory:')
  migrate(db, 'epoch')
  const columns = db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table)
  expect(columns).toEqual(expect.arrayContaining([...AGENT_COLUMNS]))
})

test('a migration that is cut short leaves the file as it was', () => {
  using db = opened(':memory:')
  // The row of the registry comes last, and needs an epoch.
  expect(() => Reflect.apply(migrate, undefined, [db, null])).toThrow('NOT NULL')
  expect(isEmptyDatabase(db)).toBe(true)
  migrate(db, 'epoch')
  expect(db.prepare('SELECT epoch FROM registry').pluck().all()).toEqual(['epoch'])
})

describe.each(fixtureVersions('sqlite', MIGRATIONS.length))('a file of version %i', (version) => {
  test('is upgraded with its agents, their leases and its history', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('registry.db')
    await copyFile(fixture(`sqlite-v${version}.db`), file)
    {
      await using store = await createStorageBackend(`sqlite:///${file}`, KEEP_ALL)
      await expectFixture(store)
      await expectUsable(store)
    }
    await using store = await createStorageBackend(`sqlite:///${file}`, KEEP_ALL)
    expect(await store.get('worker')).toMatchObject({ status: 'ready', load: 0.25, alive: true })
    expect(await store.counts()).toMatchObject({ registered: 2, alive: 2, revision: 9 })
    expect(await store.eventsSince(0)).toHaveLength(9)
  })

  test('has the same schema afterwards as a new file', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('registry.db')
    await copyFile(fixture(`sqlite-v${version}.db`), file)
    await (await createStorageBackend(`sqlite:///${file}`, KEEP_ALL)).close()
    const fresh = folder.file('fresh.db')
    await (await createStorageBackend(`sqlite:///${fresh}`)).close()
    expect(schemaOf(file)).toEqual(schemaOf(fresh))
  })
})

test('a token of version 4 sees all agents, as it did', async () => {
  using folder = new TemporaryFolder()
  const file = folder.file('registry.db')
  await copyFile(fixture('sqlite-v4.db'), file)
  {
    using db = opened(file)
    db.exec(
      "INSERT INTO access_tokens VALUES ('0', 'ui', 'hash', 'read', '[\"*\"]', 1, NULL, 'ops')",
    )
  }
  await using store = await createStorageBackend(`sqlite:///${file}`, KEEP_ALL)
  expect((await tokenStoreOf(store)?.list())?.map(({ name, reads }) => [name, reads])).toEqual([
    ['ui', ['*']],
  ])
})

/** Returns every column and index of a file. */
function schemaOf(file: string): unknown[] {
  using db = opened(file)
  return db
    .prepare(
      `SELECT s.name AS 'table', c.name, c.type, c."notnull", c.dflt_value, c.pk
       FROM sqlite_schema s, pragma_table_info(s.name) c ORDER BY s.name, c.cid`,
    )
    .all()
    .concat(db.pragma('index_list(transitions)'), db.pragma('user_version'))
}

function opened(file: string): Database.Database & Disposable {
  const db = new Database(file)
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() })
}

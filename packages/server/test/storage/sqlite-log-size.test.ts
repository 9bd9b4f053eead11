// A program that reads an old state of the database and never ends: the write-ahead log cannot be
// emptied, which is warned of; and it is emptied when the reader has gone.
import { statSync, truncateSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { SERVER_LIMITS } from '../../src/index.ts'
import { SqliteLogSize } from '../../src/storage/sqlite/sqlite-log-size.ts'
import { add, idsIn, openRegistry, PATIENCE } from './registry-in-folder.ts'
import { TemporaryFolder } from './temporary-folder.ts'

const LIMIT = SERVER_LIMITS.walBytes.value

test('a large log is warned of, shown, and emptied when no reader holds it any more', async () => {
  await using folder = await TemporaryFolder.create()
  const registry = await openRegistry(folder)
  const { store, file, warnings } = registry
  const log = () => statSync(`${file}-wal`).size
  const reader = new Database(file, { readonly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM agents').get()
  await add(registry, 'second')
  // What a reader of some hours would bring about: SQLite never looks beyond its frames.
  truncateSync(`${file}-wal`, LIMIT + 1)

  await vi.waitFor(() => expect(warnings).toHaveLength(1), PATIENCE)
  expect(warnings[0]).toContain('end that program')
  await vi.waitFor(() => expect(store.statistics().walBytes).toBe(LIMIT + 1), PATIENCE)
  await add(registry, 'third')
  await store.checkWritable()
  expect(log()).toBe(LIMIT + 1)

  reader.exec('ROLLBACK')
  reader.close()
  await vi.waitFor(() => expect(store.statistics().walBytes).toBeLessThan(LIMIT), PATIENCE)
  expect(log()).toBeLessThan(LIMIT)
  await add(registry, 'fourth')
  await store.checkWritable()
  expect(warnings).toHaveLength(1)
  await store.close()
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(['first', 'fourth', 'second', 'third'])
})

test('a log that stays large is warned of every ten minutes', () => {
  const warnings: object[] = []
  let now = 0
  const size = new SqliteLogSize({
    logger: { warn: (details) => warnings.push(details) },
    now: () => now,
  })
  size.seen(LIMIT)
  expect(warnings).toEqual([])
  for (; now < 1_800_000; now += 1_000) size.seen(LIMIT + now)
  expect(warnings).toHaveLength(3)
  expect(size.bytes).toBe(LIMIT + 1_799_000)
})

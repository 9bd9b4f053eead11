// A program that reads an old state of the database and never ends: the write-ahead log cannot be
// emptied, which is warned of; and it is emptied when the reader has gone.
import { statSync, truncateSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { SERVER_LIMITS } from '../../../src/index.ts'
import { WalSize } from '../../../src/storage/sqlite/file/wal-size.ts'
import { add, idsIn, openRegistry, PATIENCE } from '../registry-in-folder.ts'
import { registration } from '../sample-registration.ts'
import { TemporaryFolder } from '../temporary-folder.ts'

/** Another program that reads the file as it is now, until it is told to end. */
function readForever(file: string) {
  const reader = new Database(file, { readonly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM agents').get()
  const end = () => void reader.close()
  return { end, [Symbol.dispose]: end }
}

const LIMIT = SERVER_LIMITS.walBytes.value

test('a large log is warned of, shown, and emptied when no reader holds it any more', async () => {
  await using folder = await TemporaryFolder.create()
  const registry = await openRegistry(folder)
  const { store, file, warnings } = registry
  const log = () => statSync(`${file}-wal`).size
  using reader = readForever(file)
  await add(registry, 'second')
  // What a reader of some hours would bring about: SQLite never looks beyond its frames.
  truncateSync(`${file}-wal`, LIMIT + 1)

  await vi.waitFor(() => expect(warnings).toHaveLength(1), PATIENCE)
  expect(warnings[0]).toContain('end that program')
  await vi.waitFor(() => expect(store.statistics().walBytes).toBe(LIMIT + 1), PATIENCE)
  await add(registry, 'third')
  await store.checkWritable()
  expect(log()).toBe(LIMIT + 1)

  reader.end()
  await vi.waitFor(() => expect(store.statistics().walBytes).toBeLessThan(LIMIT), PATIENCE)
  expect(log()).toBeLessThan(LIMIT)
  await add(registry, 'fourth')
  await store.checkWritable()
  expect(warnings).toHaveLength(1)
  await store.close()
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(['first', 'fourth', 'second', 'third'])
})

test('a log at its limit: changes are refused, heartbeats are not, and it recovers by itself', async () => {
  await using folder = await TemporaryFolder.create()
  const registry = await openRegistry(folder)
  const { store, file } = registry
  using reader = readForever(file)
  await add(registry, 'second')
  // More than SQLite leaves in the log by itself, so that it has to be moved first.
  const metadata = JSON.stringify({ text: 'x'.repeat(3900) })
  const crowd = Array.from({ length: 3000 }, (_, at) =>
    store.add(registration({ agentId: `crowd-${at}`, metadata })),
  )
  await Promise.all(crowd)
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(4096 * 4096)
  truncateSync(`${file}-wal`, SERVER_LIMITS.walBytesInAll.value + 1)

  await expect(add(registry, 'third')).rejects.toThrow(/has reached its limit of 1 GiB.*lsof/)
  await expect(store.checkWritable()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect(await store.updateHeartbeat('first')).toMatchObject({ ttlSeconds: expect.any(Number) })

  reader.end()
  // Nobody asks for a change, and readiness finds out all the same.
  await vi.waitFor(() => store.checkWritable(), PATIENCE)
  await add(registry, 'third')
  await store.close()
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(expect.arrayContaining(['first', 'second', 'third']))
})

test('heartbeats are kept in memory while the log is large', async () => {
  await using folder = await TemporaryFolder.create()
  const registry = await openRegistry(folder, { heartbeatFlushIntervalMs: 20 })
  const { store, file } = registry
  using reader = readForever(file)
  await add(registry, 'second')
  truncateSync(`${file}-wal`, LIMIT + 1)
  await vi.waitFor(() => expect(store.statistics().walBytes).toBe(LIMIT + 1), PATIENCE)
  // What was under way is done.
  await sleep(100)
  await store.updateHeartbeat('first')
  const { savedHeartbeats } = store.statistics()
  await sleep(200)
  expect(store.statistics()).toMatchObject({ savedHeartbeats, unsavedHeartbeats: 1 })

  reader.end()
  await vi.waitFor(() => expect(store.statistics().unsavedHeartbeats).toBe(0), PATIENCE)
  await store.close()
})

test('a log that stays large is warned of every ten minutes', () => {
  const warnings: object[] = []
  let now = 0
  const size = new WalSize({
    logger: { warn: (details) => warnings.push(details) },
    now: () => now,
  })
  size.update(LIMIT)
  expect(warnings).toEqual([])
  for (; now < 1_800_000; now += 1_000) size.update(LIMIT + now)
  expect(warnings).toHaveLength(3)
  expect(size.bytes).toBe(LIMIT + 1_799_000)
})

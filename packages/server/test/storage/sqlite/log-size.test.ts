// Another program keeps an old snapshot of the database open: the write-ahead log cannot be emptied, which
// causes a warning; it is emptied once the reader has ended.
import { copyFileSync, statSync, truncateSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { SERVER_LIMITS } from '../../../src/limits/server-limits.ts'
import { WalSize } from '../../../src/storage/sqlite/file/wal-size.ts'
import { add, idsIn, openRegistry, WAIT_OPTIONS } from '../registry-in-folder.ts'
import { registration } from '../sample-registration.ts'

/** Keeps a snapshot of the file open, as another program would, until `end` is called. */
function holdSnapshot(file: string) {
  const reader = new Database(file, { readonly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM agents').get()
  const end = () => void reader.close()
  return { end, [Symbol.dispose]: end }
}

const LIMIT = SERVER_LIMITS.walBytes.value

test('a large log causes a warning, is reported, and is emptied once no reader holds it', async () => {
  using folder = new TemporaryFolder()
  const registry = await openRegistry(folder)
  const { store, file, warnings } = registry
  const log = () => statSync(`${file}-wal`).size
  using reader = holdSnapshot(file)
  await add(registry, 'second')
  // Simulates a reader of several hours: SQLite ignores bytes after its frames.
  truncateSync(`${file}-wal`, LIMIT + 1)

  await vi.waitFor(() => expect(warnings).toHaveLength(1), WAIT_OPTIONS)
  expect(warnings[0]).toContain('stop that program')
  await vi.waitFor(() => expect(store.statistics().walBytes).toBe(LIMIT + 1), WAIT_OPTIONS)
  await add(registry, 'third')
  await store.checkWritable()
  expect(log()).toBe(LIMIT + 1)

  reader.end()
  await vi.waitFor(() => expect(store.statistics().walBytes).toBeLessThan(LIMIT), WAIT_OPTIONS)
  expect(log()).toBeLessThan(LIMIT)
  await add(registry, 'fourth')
  await store.checkWritable()
  expect(warnings).toHaveLength(1)
  await store.close()
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(['first', 'fourth', 'second', 'third'])
})

test('a log at its limit refuses changes, but not heartbeats, and recovers by itself', async () => {
  using folder = new TemporaryFolder()
  const registry = await openRegistry(folder)
  const { store, file } = registry
  using reader = holdSnapshot(file)
  await add(registry, 'second')
  // More than the automatic checkpoint leaves in the log, so that it must be checkpointed first.
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
  // The readiness check detects the recovery without any change.
  await vi.waitFor(() => store.checkWritable(), WAIT_OPTIONS)
  await add(registry, 'third')
  await store.close()
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(expect.arrayContaining(['first', 'second', 'third']))
})

test('heartbeats are kept in memory while the log is large', async () => {
  using folder = new TemporaryFolder()
  const registry = await openRegistry(folder, { heartbeatFlushIntervalMs: 20 })
  const { store, file } = registry
  using reader = holdSnapshot(file)
  await add(registry, 'second')
  truncateSync(`${file}-wal`, LIMIT + 1)
  await vi.waitFor(() => expect(store.statistics().walBytes).toBe(LIMIT + 1), WAIT_OPTIONS)
  // In-flight writes complete.
  await sleep(100)
  await store.updateHeartbeat('first')
  const { savedHeartbeats } = store.statistics()
  await sleep(200)
  expect(store.statistics()).toMatchObject({ savedHeartbeats, unsavedHeartbeats: 1 })

  reader.end()
  await vi.waitFor(() => expect(store.statistics().unsavedHeartbeats).toBe(0), WAIT_OPTIONS)
  await store.close()
})

test('a log that stays large causes a warning every ten minutes', () => {
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

test('a plain copy of the file of a running registry is at most some seconds old', async () => {
  using folder = new TemporaryFolder()
  const registry = await openRegistry(folder)
  const copy = folder.file('copy.db')
  const agentsInCopy = (): unknown => {
    copyFileSync(registry.file, copy)
    const db = new Database(copy, { readonly: true })
    const [table] = db.prepare("SELECT name FROM sqlite_schema WHERE name = 'agents'").pluck().all()
    const agents = table && db.prepare('SELECT agent_id FROM agents').pluck().all()
    db.close()
    return agents
  }
  await vi.waitFor(() => expect(agentsInCopy()).toEqual(['first']), WAIT_OPTIONS)
  await add(registry, 'second')
  await vi.waitFor(() => expect(agentsInCopy()).toEqual(['first', 'second']), WAIT_OPTIONS)
  await registry.store.close()
})

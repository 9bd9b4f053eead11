// Maintenance in a file: a crash between an entry and its agents, a failing file, a backup.
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { backUpFile } from '../../../src/storage/sqlite/backup/backup.ts'
import { restoreFile } from '../../../src/storage/sqlite/backup/restore.ts'
import { addAgents, BackedUpRegistry } from './backup/backed-up-registry.ts'

const UPGRADE = { reason: 'upgrade', by: 'ann' }

async function draining({ store }: BackedUpRegistry): Promise<number> {
  const pages = await Array.fromAsync(store.listAll({ statuses: ['draining'] }))
  return pages.flat().length
}

async function sweep({ store }: BackedUpRegistry): Promise<void> {
  while ((await store.expireLapsed()).more);
}

/** Changes the entries of a closed registry, as a registry that is killed before any agent follows. */
function writeEntries(path: string, sql: string): void {
  const db = new Database(path)
  db.exec(sql)
  db.close()
}

test('an entry without its agents is completed by the first sweeps', async () => {
  await using registry = await BackedUpRegistry.start(1000)
  await addAgents(registry.store, 10, 'other')
  await registry.store.close()
  writeEntries(registry.file, `INSERT INTO maintenance VALUES ('agent-*', 'upgrade', 1, 'ann')`)
  await registry.open()
  expect(await registry.store.maintenance()).toEqual([
    { pattern: 'agent-*', ...UPGRADE, sinceMs: 1 },
  ])
  // A tick between two sweeps.
  await registry.store.expireLapsed({ limit: 0 })
  expect(await draining(registry)).toBe(0)
  await sweep(registry)
  expect(await draining(registry)).toBe(1000)
  const { revision } = await registry.store.counts()
  expect(revision).toBe(2010)
  // It is complete: nothing is changed again.
  await registry.open()
  await sweep(registry)
  expect(await registry.store.counts()).toMatchObject({ revision })
})

test('an entry that has ended, without its agents, is completed by the first sweeps', async () => {
  await using registry = await BackedUpRegistry.start(1000)
  await registry.store.setMaintenance('*', UPGRADE)
  await registry.store.close()
  writeEntries(registry.file, 'DELETE FROM maintenance')
  await registry.open()
  expect(await draining(registry)).toBe(1000)
  await sweep(registry)
  expect(await draining(registry)).toBe(0)
})

test('a registration is in maintenance at once, before the sweep has come', async () => {
  await using registry = await BackedUpRegistry.start(3)
  await registry.store.close()
  writeEntries(registry.file, `INSERT INTO maintenance VALUES ('*', 'upgrade', 1, 'ann')`)
  await registry.open()
  await addAgents(registry.store, 1)
  expect(await registry.store.get('agent-0')).toMatchObject({ maintenance: UPGRADE })
})

test('a backup has the entries and the agents, and so has what is restored from it', async () => {
  await using registry = await BackedUpRegistry.start(3)
  await registry.store.setMaintenance('agent-0', UPGRADE)
  await registry.store.setMaintenance('absent:*', UPGRADE)
  const entries = await registry.store.maintenance()
  await backUpFile({ from: registry.file, to: registry.backup })
  await registry.store.endMaintenance('agent-0')
  await registry.store.close()
  await restoreFile({ from: registry.backup, to: registry.file, force: true })
  await registry.open()
  expect(await registry.store.maintenance()).toEqual(entries)
  expect(await draining(registry)).toBe(1)
})

test('a registry that closes in the middle of a change continues with it after the next start', async () => {
  await using registry = await BackedUpRegistry.start(3000)
  const { store } = registry
  const begun = Promise.withResolvers<void>()
  store.subscribe(() => begun.resolve())
  const outcome = store.setMaintenance('agent-*', UPGRADE).catch((error: unknown) => error)
  await begun.promise
  await store.close()
  expect(await outcome).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  await registry.open()
  const before = await draining(registry)
  expect(before).toBeGreaterThan(0)
  expect(before).toBeLessThan(3000)
  await sweep(registry)
  expect(await draining(registry)).toBe(3000)
})

test('agents whose registration is in flight when the entry becomes durable are covered', async () => {
  await using registry = await BackedUpRegistry.start(0)
  const { store } = registry
  for (let round = 0; round < 5; round++) {
    let isSet = false
    const set = store.setMaintenance(`team-${round}:*`, UPGRADE).finally(() => {
      isSet = true
    })
    const adds: Promise<unknown>[] = []
    while (!isSet) {
      adds.push(addAgents(store, 1, `team-${round}:${adds.length}`))
      await new Promise(setImmediate)
    }
    await Promise.all([set, ...adds])
    const query = { statuses: ['ready'] } as const
    expect((await Array.fromAsync(store.listAll(query))).flat()).toEqual([])
  }
})

// A restored registry is that of the backup; what was there before is kept.
import {
  copyFileSync,
  existsSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { expect, test } from 'vitest'
import { backUpFile } from '../../../../src/storage/sqlite/backup/backup.ts'
import { restoreFile } from '../../../../src/storage/sqlite/backup/restore.ts'
import { addAgents, BackedUpRegistry, contentOf } from './backed-up-registry.ts'

/** A stopped registry that has changed since its backup. */
async function changedRegistry() {
  const registry = await BackedUpRegistry.start()
  const { file: from, backup: to } = registry
  const backedUp = await contentOf(registry.store)
  await backUpFile({ from, to })
  await addAgents(registry.store, 2, 'later')
  const changed = await contentOf(registry.store)
  await registry.store.close()
  return { registry, backedUp, changed, options: { from: to, to: from } }
}

test('a backup is restored where there is no file', async () => {
  const { registry, backedUp } = await changedRegistry()
  await using _ = registry
  const to = registry.folder.file('restored.db')
  const restored = await restoreFile({ from: registry.backup, to })
  expect(restored).toMatchObject({ agents: 3, alive: 3, revision: 3, before: undefined })
  expect(await contentOf(await registry.open({}, to))).toEqual(backedUp)
})

test('an existing registry is replaced only by force, and kept', async () => {
  const { registry, backedUp, changed, options } = await changedRegistry()
  await using _ = registry
  await expect(restoreFile(options)).rejects.toThrow(/already exists.*--force/)
  expect(await contentOf(await registry.open())).toEqual(changed)
  await registry.store.close()

  const { before = '' } = await restoreFile({ ...options, force: true })
  expect(before).toMatch(/a\.db\.before-restore-\d{8}T\d{6}Z$/)
  expect(await contentOf(await registry.open())).toEqual(backedUp)
  expect(await contentOf(await registry.open({}, before))).toEqual(changed)
})

test('the log of a killed registry is kept in the file that is kept', async () => {
  const { registry, options } = await changedRegistry()
  await using _ = registry
  const store = await registry.open()
  await addAgents(store, 1, 'in-the-log')
  const to = registry.folder.file('killed.db')
  for (const suffix of ['', '-wal']) copyFileSync(`${registry.file}${suffix}`, `${to}${suffix}`)
  const { before = '' } = await restoreFile({ ...options, to, force: true })
  expect(existsSync(`${before}-wal`)).toBe(false)
  expect(await (await registry.open({}, before)).counts()).toMatchObject({ registered: 6 })
})

test('a damaged registry is replaced by force, and kept with its log', async () => {
  const { registry, backedUp, options } = await changedRegistry()
  await using _ = registry
  writeFileSync(registry.file, 'not a database any more')
  writeFileSync(`${registry.file}-wal`, 'and its log')
  const { before = '' } = await restoreFile({ ...options, force: true })
  expect(readFileSync(before, 'utf8')).toBe('not a database any more')
  expect(existsSync(`${registry.file}-wal`)).toBe(false)
  expect(await contentOf(await registry.open())).toEqual(backedUp)
})

test('a log that was left without its database is not applied to the restored one', async () => {
  const { registry, backedUp, options } = await changedRegistry()
  await using _ = registry
  const to = registry.folder.file('restored.db')
  writeFileSync(`${to}-wal`, readFileSync(options.from))
  writeFileSync(`${to}-shm`, 'stale')
  await restoreFile({ ...options, to })
  expect(existsSync(`${to}-wal`) || existsSync(`${to}-shm`)).toBe(false)
  expect(await contentOf(await registry.open({}, to))).toEqual(backedUp)
})

test('nothing is restored while a registry is running on the file', async () => {
  const { registry, options } = await changedRegistry()
  await using _ = registry
  await registry.open()
  const restoring = restoreFile({ ...options, force: true })
  await expect(restoring).rejects.toThrow(`in use by another Rollcall (process ${process.pid})`)
  expect(await registry.store.counts()).toMatchObject({ registered: 5 })
})

test('a registry that is reached by a symbolic link is found to be running', async () => {
  const { registry, options } = await changedRegistry()
  await using _ = registry
  await registry.open()
  const link = registry.folder.file('link.db')
  symlinkSync(registry.file, link)
  await expect(restoreFile({ ...options, to: link, force: true })).rejects.toThrow(/in use/)
})

test('a damaged backup changes nothing', async () => {
  const { registry, changed, options } = await changedRegistry()
  await using _ = registry
  const before = registry.files
  truncateSync(registry.backup, 3 * 4096)
  await expect(restoreFile({ ...options, force: true })).rejects.toThrow(/is damaged/)
  expect(registry.files).toEqual(before)
  expect(await contentOf(await registry.open())).toEqual(changed)
})

test('a registry is not restored from itself', async () => {
  const { registry, options } = await changedRegistry()
  await using _ = registry
  const itself = restoreFile({ ...options, from: options.to, force: true })
  await expect(itself).rejects.toThrow(/from itself/)
})

// The files of a running registry are deleted, moved or replaced: from then on writes are refused, because
// they would be lost.
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { createStorageBackend } from '../../../src/storage/create-storage-backend.ts'
import { add, becomes, idsIn, openRegistry } from '../registry-in-folder.ts'

/** Checkpoints the log, as SQLite does from time to time. */
function checkpoint(file: string): void {
  const db = new Database(file)
  db.pragma('wal_checkpoint(PASSIVE)')
  db.close()
}

describe.concurrent.each<[string, RegExp, (file: string) => void]>([
  ['the database is deleted', /a\.db was deleted or moved/, (file) => rmSync(file)],
  [
    'all files are deleted',
    /a\.db was deleted or moved/,
    (file) => rmSync(dirname(file), { recursive: true }),
  ],
  [
    'the database is replaced',
    /a\.db was replaced/,
    (file) => {
      copyFileSync(file, `${file}.copy`)
      renameSync(`${file}.copy`, file)
    },
  ],
  [
    'the folder is replaced',
    /a\.db was deleted or moved/,
    (file) => {
      renameSync(dirname(file), `${dirname(file)}-old`)
      mkdirSync(dirname(file))
    },
  ],
  ['the write-ahead log is deleted', /-wal was deleted/, (file) => rmSync(`${file}-wal`)],
  ['the write-ahead log is emptied', /-wal was emptied/, (file) => truncateSync(`${file}-wal`)],
  [
    'the write-ahead log is truncated',
    /-wal was emptied/,
    (file) => truncateSync(`${file}-wal`, 9_000),
  ],
  [
    'the database is emptied',
    /a\.db was truncated/,
    (file) => {
      checkpoint(file)
      const db = new Database(file)
      db.exec('UPDATE registry SET owner_pid = 1')
      db.close()
      truncateSync(file)
    },
  ],
  [
    'the database is truncated',
    /a\.db was truncated/,
    (file) => {
      checkpoint(file)
      truncateSync(file, 8_192)
    },
  ],
  [
    'the write-ahead log is replaced',
    /-wal was replaced/,
    (file) => {
      rmSync(`${file}-wal`)
      writeFileSync(`${file}-wal`, '')
    },
  ],
])('when %s', (_name, message, damage) => {
  test('the next registration is refused with the reason', async () => {
    using folder = new TemporaryFolder()
    const registry = await openRegistry(folder)
    damage(registry.file)
    await expect(add(registry, 'second')).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringMatching(message),
    })
    expect(await idsIn(registry.store)).toEqual(['first'])
    await registry.store.close().catch(() => undefined)
  })

  test('the registry becomes not ready within seconds, but accepts heartbeats', async () => {
    using folder = new TemporaryFolder()
    const registry = await openRegistry(folder)
    damage(registry.file)
    await becomes(registry, message)
    expect(await registry.store.updateHeartbeat('first')).toBeDefined()
    await registry.store.close().catch(() => undefined)
  })
})

test('a database emptied while all its data was still in the log survives a later crash', async () => {
  using folder = new TemporaryFolder()
  const registry = await openRegistry(folder)
  truncateSync(registry.file)
  await expect(add(registry, 'second')).rejects.toThrow('was written back')
  // What a killed process would leave behind.
  const copy = folder.file('crashed.db')
  for (const suffix of ['', '-wal']) copyFileSync(`${registry.file}${suffix}`, `${copy}${suffix}`)
  await using crashed = await createStorageBackend(`sqlite:///${copy}`)
  expect(await idsIn(crashed)).toEqual(['first'])
  await registry.store.close().catch(() => undefined)
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(['first'])
})

test('a hard link to the database keeps a registry from starting, under either name', async () => {
  using folder = new TemporaryFolder()
  const registry = await openRegistry(folder)
  const link = folder.file('link.db')
  linkSync(registry.file, link)
  await expect(createStorageBackend(`sqlite:///${link}`)).rejects.toThrow(
    /link\.db cannot be used: it is one file with 2 names/,
  )
  await registry.store.close()
  await expect(registry.open()).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE' })
  rmSync(link)
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(['first'])
})

// A backup of a registry file is one moment of it, or it does not exist.
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { backUpFile } from '../../../../src/storage/sqlite/backup/backup.ts'
import { addAgents, BackedUpRegistry, contentOf } from './backed-up-registry.ts'

/** Enough for several steps of the copy. */
const MANY = 8000

test('a backup of a running registry has its agents, its history and its position', async () => {
  await using registry = await BackedUpRegistry.start()
  const before = await contentOf(registry.store)
  const { epoch } = await registry.store.counts()
  const backup = await backUpFile({ from: registry.file, to: registry.backup })
  expect(backup).toMatchObject({ epoch, revision: 3, agents: 3, alive: 3 })
  expect(backup.lastChangeMs).toBeGreaterThan(Date.now() - 60_000)
  expect(backup.bytes).toBe(statSync(registry.backup).size)
  expect(await contentOf(await registry.open({}, registry.backup))).toEqual(before)
})

test('a backup of a stopped registry is the same', async () => {
  await using registry = await BackedUpRegistry.start()
  const before = await contentOf(registry.store)
  await registry.store.close()
  await backUpFile({ from: registry.file, to: registry.backup })
  expect(await contentOf(await registry.open({}, registry.backup))).toEqual(before)
})

test('a backup is one file that only its owner may read, and that needs no log beside it', async () => {
  await using registry = await BackedUpRegistry.start()
  await backUpFile({ from: registry.file, to: registry.backup })
  expect(statSync(registry.backup).mode & 0o777).toBe(0o600)
  expect(registry.files.filter((name) => name.startsWith('backup'))).toEqual(['backup.db'])
  const db = new Database(registry.backup, { readonly: true })
  expect(db.pragma('journal_mode', { simple: true })).toBe('delete')
  db.close()
})

test('changes during the copy are not part of it, and do not start it again', async () => {
  await using registry = await BackedUpRegistry.start(MANY)
  const pages: number[] = []
  const changes: Promise<void>[] = []
  const backup = await backUpFile({
    from: registry.file,
    to: registry.backup,
    progress: (done) => {
      pages.push(done)
      changes.push(addAgents(registry.store, 10, `late-${pages.length}`))
    },
  })
  await Promise.all(changes)
  expect(pages.length).toBeGreaterThan(3)
  expect(pages).toEqual([...pages].sort((a, b) => a - b))
  expect(backup).toMatchObject({ agents: MANY, revision: MANY })
  expect(await registry.store.counts()).toMatchObject({ registered: MANY + 10 * pages.length })
})

test('a backup that is aborted leaves nothing', async () => {
  await using registry = await BackedUpRegistry.start(MANY)
  const before = registry.files
  const ending = new AbortController()
  let steps = 0
  const backup = backUpFile({
    from: registry.file,
    to: registry.backup,
    signal: ending.signal,
    progress: () => {
      steps++
      ending.abort(new Error('enough'))
    },
  })
  await expect(backup).rejects.toThrow('enough')
  expect(steps).toBe(1)
  expect(registry.files).toEqual(before)
})

test('an existing file is replaced only by force', async () => {
  await using registry = await BackedUpRegistry.start()
  writeFileSync(registry.backup, 'precious')
  const options = { from: registry.file, to: registry.backup }
  await expect(backUpFile(options)).rejects.toThrow(/already exists.*--force/)
  expect(readFileSync(registry.backup, 'utf8')).toBe('precious')
  expect(await backUpFile({ ...options, force: true })).toMatchObject({ agents: 3 })
})

test('one of two backups to the same file at the same time is rejected', async () => {
  await using registry = await BackedUpRegistry.start(MANY)
  let second: Promise<unknown> = Promise.resolve()
  await backUpFile({
    from: registry.file,
    to: registry.backup,
    progress: (done, total) => {
      if (done === total) second = backUpFile({ from: registry.file, to: registry.backup })
      second.catch(() => undefined)
    },
  })
  await expect(second).rejects.toThrow(/another backup is writing it/)
})

test('what a killed backup left is replaced by the next one', async () => {
  await using registry = await BackedUpRegistry.start()
  writeFileSync(`${registry.backup}.partial`, 'half of a backup')
  writeFileSync(`${registry.backup}.partial-journal`, 'half of a journal')
  writeFileSync(`${registry.backup}.partial.lock`, '')
  await backUpFile({ from: registry.file, to: registry.backup })
  expect(registry.files.filter((name) => name.startsWith('backup'))).toEqual(['backup.db'])
})

test('only a registry can be backed up, and the reason is named', async () => {
  await using registry = await BackedUpRegistry.start()
  const { folder, backup } = registry
  mkdirSync(folder.file('folder'))
  writeFileSync(folder.file('empty.db'), '')
  writeFileSync(folder.file('letter.txt'), 'Dear grandmother, '.repeat(100))
  new Database(folder.file('other.db')).exec('CREATE TABLE other (id)').close()
  new Database(folder.file('tables.db')).exec('VACUUM').close()
  const before = registry.files
  for (const [name, why] of [
    ['missing.db', /missing\.db does not exist/],
    ['folder', /is a folder/],
    ['empty.db', /is empty/],
    ['letter.txt', /is damaged/],
    ['other.db', /database of another program/],
    ['tables.db', /it is empty, not a registry/],
  ] as const) {
    await expect(backUpFile({ from: folder.file(name), to: backup }), name).rejects.toMatchObject({
      code: 'STORAGE_UNUSABLE',
      message: expect.stringMatching(why),
    })
  }
  expect(registry.files).toEqual(before)
})

test('the copy of a damaged registry is rejected', async () => {
  await using registry = await BackedUpRegistry.start(MANY)
  await registry.store.close()
  const bytes = readFileSync(registry.file)
  bytes.fill(0xff, 40 * 4096, 80 * 4096)
  writeFileSync(registry.file, bytes)
  const backup = backUpFile({ from: registry.file, to: registry.backup })
  await expect(backup).rejects.toThrow(/a\.db.* is damaged/)
  truncateSync(registry.file, 40 * 4096)
  await expect(backUpFile({ from: registry.file, to: registry.backup })).rejects.toThrow(/damaged/)
  expect(registry.files.filter((name) => name.startsWith('backup'))).toEqual([])
})

test('the copy of a registry whose index lacks a row is rejected', async () => {
  await using registry = await BackedUpRegistry.start()
  await registry.store.close()
  withoutIndex(registry.file, (db) => db.exec('UPDATE transitions SET agent_id = 2'))
  const backup = backUpFile({ from: registry.file, to: registry.backup })
  await expect(backup).rejects.toThrow(/the copy of .*a\.db is damaged \(row 1 missing from index/)
  expect(registry.files.filter((name) => name.startsWith('backup'))).toEqual([])
})

/** Changes a file while SQLite does not know of its index, which is then outdated. */
function withoutIndex(path: string, change: (db: Database.Database) => void): void {
  const open = () => new Database(path).unsafeMode(true)
  const hide = open()
  hide.pragma('writable_schema = ON')
  const index = hide.prepare("SELECT * FROM sqlite_schema WHERE type = 'index' AND sql > ''").get()
  hide.exec("DELETE FROM sqlite_schema WHERE type = 'index' AND sql > ''")
  hide.close()
  const changed = open()
  change(changed)
  changed.pragma('writable_schema = ON')
  const { type, name, tbl_name, rootpage, sql } = index as Record<string, string>
  changed
    .prepare(
      'INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?)',
    )
    .run(type, name, tbl_name, rootpage, sql)
  changed.close()
}

test('a backup needs a folder that exists, and a name that is no folder', async () => {
  await using registry = await BackedUpRegistry.start()
  const { file: from, folder } = registry
  await expect(backUpFile({ from, to: folder.file('no/b.db') })).rejects.toThrow(
    /the folder .*no does not exist/,
  )
  await expect(backUpFile({ from, to: folder.path })).rejects.toThrow(/is a folder/)
})

test('a file with another name is not backed up by it, because it has another log there', async () => {
  await using registry = await BackedUpRegistry.start()
  const other = registry.folder.file('other.db')
  linkSync(registry.file, other)
  const backup = backUpFile({ from: other, to: registry.backup })
  await expect(backup).rejects.toThrow(/2 names \(hard links\)/)
})

test('a running registry does not back up a file that took the place of its own', async () => {
  await using registry = await BackedUpRegistry.start()
  await backUpFile({ from: registry.file, to: registry.backup })
  renameSync(registry.file, registry.folder.file('moved.db'))
  renameSync(registry.backup, registry.file)
  await expect(registry.store.backUp(registry.backup)).rejects.toThrow(/was replaced/)
  expect(registry.files).not.toContain('backup.db')
  renameSync(registry.file, registry.backup)
  renameSync(registry.folder.file('moved.db'), registry.file)
})

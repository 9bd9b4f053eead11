// What the registry notices of its files by itself, once a second, and what it takes no offence at:
// tools that make backups.
import { execFileSync } from 'node:child_process'
import { copyFileSync, linkSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test, vi } from 'vitest'
import { add, becomes, idsIn, openRegistry, PATIENCE } from '../registry-in-folder.ts'
import { TemporaryFolder } from '../temporary-folder.ts'

/** Runs a program that uses the database as other tools do: from a process of its own. */
function runTool(file: string, program: string): void {
  const sqlite = createRequire(import.meta.url).resolve('better-sqlite3')
  const script = `const db = new (require(${JSON.stringify(sqlite)}))(${JSON.stringify(file)}); ${program}`
  execFileSync(process.execPath, ['--eval', script])
}

test.concurrent.each(['-shm', '.lock'])(
  'without its %s file the registry is not ready',
  async (suffix) => {
    await using folder = await TemporaryFolder.create()
    const registry = await openRegistry(folder)
    rmSync(`${registry.file}${suffix}`)
    await becomes(registry, new RegExp(`a.db${suffix} was deleted`))
    await expect(add(registry, 'second')).rejects.toThrow('was deleted')
    await registry.store.close().catch(() => undefined)
  },
)

test.concurrent('a database that was moved away and back is used on, with what was acknowledged', async () => {
  await using folder = await TemporaryFolder.create()
  const registry = await openRegistry(folder)
  renameSync(registry.file, `${registry.file}.away`)
  await becomes(registry, /was deleted or moved/)
  await expect(add(registry, 'refused')).rejects.toThrow('Move the file back')
  renameSync(`${registry.file}.away`, registry.file)
  await becomes(registry, /^ready$/)
  await add(registry, 'second')
  await registry.store.close()
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(['first', 'second'])
})

test.concurrent('a registry whose write-ahead log was deleted saves everything when it stops', async () => {
  await using folder = await TemporaryFolder.create()
  const registry = await openRegistry(folder)
  rmSync(`${registry.file}-wal`)
  await becomes(registry, /Stop the registry with SIGTERM, which saves it/)
  await registry.store.close().catch(() => undefined)
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(['first'])
})

test.concurrent.each<[string, (file: string) => void]>([
  ['a backup', (file) => runTool(file, `db.backup(${JSON.stringify(`${file}.backup`)})`)],
  ['VACUUM INTO', (file) => runTool(file, `db.exec("VACUUM INTO '${file}.backup'")`)],
  ['VACUUM', (file) => runTool(file, "db.exec('VACUUM')")],
  ['a copy', (file) => copyFileSync(file, `${file}.backup`)],
  [
    'a checkpoint that empties the log',
    (file) => runTool(file, "db.pragma('wal_checkpoint(TRUNCATE)')"),
  ],
])('%s by another program changes nothing', async (_name, run) => {
  await using folder = await TemporaryFolder.create()
  const registry = await openRegistry(folder)
  await add(registry, 'second')
  run(registry.file)
  await add(registry, 'third')
  // Twice the time between two checks.
  await new Promise((resolve) => setTimeout(resolve, 2000))
  await registry.store.checkWritable()
  await registry.store.close()
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(['first', 'second', 'third'])
})

test.concurrent('a hard link is warned of once while the registry runs, which goes on', async () => {
  await using folder = await TemporaryFolder.create()
  const registry = await openRegistry(folder)
  linkSync(registry.file, folder.file('link.db'))
  await vi.waitFor(() => expect(registry.warnings).toHaveLength(1), PATIENCE)
  expect(registry.warnings[0]).toContain('hard link')
  await add(registry, 'second')
  await registry.store.checkWritable()
  expect(registry.warnings).toHaveLength(1)
  await registry.store.close()
})

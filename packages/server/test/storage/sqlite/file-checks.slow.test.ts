// Problems with its files that the registry detects by itself, once a second; backup tools are not among
// them.
import { execFileSync } from 'node:child_process'
import { copyFileSync, linkSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test, vi } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { add, becomes, idsIn, openRegistry, WAIT_OPTIONS } from '../registry-in-folder.ts'

/** Runs a program that uses the database like other tools do, from a separate process. */
function runTool(file: string, program: string): void {
  const sqlite = createRequire(import.meta.url).resolve('better-sqlite3')
  const script = `const db = new (require(${JSON.stringify(sqlite)}))(${JSON.stringify(file)}); ${program}`
  execFileSync(process.execPath, ['--eval', script])
}

test.concurrent.each(['-shm', '.lock'])(
  'without its %s file the registry is not ready',
  async (suffix) => {
    using folder = new TemporaryFolder()
    const registry = await openRegistry(folder)
    rmSync(`${registry.file}${suffix}`)
    await becomes(registry, new RegExp(`a.db${suffix} was deleted`))
    await expect(add(registry, 'second')).rejects.toThrow('was deleted')
    await registry.store.close().catch(() => undefined)
  },
)

test.concurrent('a database that was moved away and back remains usable, with all acknowledged writes', async () => {
  using folder = new TemporaryFolder()
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

test.concurrent('a registry whose write-ahead log was deleted saves everything when it is closed', async () => {
  using folder = new TemporaryFolder()
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
  using folder = new TemporaryFolder()
  const registry = await openRegistry(folder)
  await add(registry, 'second')
  run(registry.file)
  await add(registry, 'third')
  // Twice the check interval.
  await new Promise((resolve) => setTimeout(resolve, 2000))
  await registry.store.checkWritable()
  await registry.store.close()
  await using reopened = await registry.open()
  expect(await idsIn(reopened)).toEqual(['first', 'second', 'third'])
})

test.concurrent('a hard link causes one warning, and the registry keeps running', async () => {
  using folder = new TemporaryFolder()
  const registry = await openRegistry(folder)
  linkSync(registry.file, folder.file('link.db'))
  await vi.waitFor(() => expect(registry.warnings).toHaveLength(1), WAIT_OPTIONS)
  expect(registry.warnings[0]).toContain('hard link')
  await add(registry, 'second')
  await registry.store.checkWritable()
  expect(registry.warnings).toHaveLength(1)
  await registry.store.close()
})

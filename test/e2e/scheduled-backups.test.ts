// `rollcall serve --backup-to`: backups beside a running registry, also when it is killed or the disk fails.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const db = (): string => sqliteUrl(folder.file('a.db'))
const run = (...args: string[]) => runRollcall(args, { cwd: folder.path })

function start(...args: string[]): Promise<RegistryProcess> {
  const schedule = ['--backup-to', 'backups', '--backup-every', '1', ...args]
  return RegistryProcess.start({ cwd: folder.path, db: db(), args: schedule })
}

function files(): string[] {
  try {
    return readdirSync(folder.file('backups'))
  } catch {
    return []
  }
}

const backups = (): string[] => files().filter((name) => name.endsWith('.db'))

async function metric(registry: RegistryProcess, name: string): Promise<number> {
  const text = await (await fetch(`${registry.url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

/** Restores a backup into a new file, and returns what the command prints. */
async function restored(name: string): Promise<{ agents: number; revision: number }> {
  const to = sqliteUrl(folder.file(`restored-${name}`))
  const { stdout, stderr } = await run('restore', '--from', `backups/${name}`, '--db', to, '--json')
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

test('a registry backs itself up, keeps the newest backups, and reports them', async () => {
  await using registry = await start('--backup-keep', '2')
  await registry.http.send('POST', '/agents/register', registration('a'))
  await eventually(async () => backups().length).toBe(2)
  const [first = ''] = backups()
  await eventually(async () => backups().includes(first)).toBe(false)
  expect(backups().length).toBeLessThanOrEqual(3)
  expect(await metric(registry, 'rollcall_backup_last_success_timestamp_seconds')).toBeGreaterThan(
    Date.now() / 1000 - 600,
  )
  expect(await metric(registry, 'rollcall_backup_last_duration_seconds')).toBeGreaterThan(0)
  expect(await metric(registry, 'rollcall_backup_failures_total')).toBe(0)
  expect(registry.output).toMatch(
    /"path":"backups\/rollcall-\S+\.db","agents":1,"revision":1,.*backed up/,
  )
  // While it runs, the backup would be removed after two more.
  await registry.stop()
  expect(await restored(backups().at(-1) ?? '')).toMatchObject({ agents: 1, revision: 1 })
})

test('SIGTERM during a backup stops the registry, and leaves nothing half done', async () => {
  await using registry = await start()
  await eventually(async () => files().length).toBeGreaterThan(0)
  expect(await registry.stop()).toEqual({ code: 0, signal: null })
  expect(files()).toEqual(backups())
})

test('SIGKILL during a backup leaves complete backups only, and the next start goes on', async () => {
  await using registry = await start()
  await eventually(async () => backups().length).toBeGreaterThan(0)
  await eventually(async () => files().some((name) => name.includes('partial'))).toBe(true)
  await registry.kill()
  for (const name of backups()) expect(await restored(name)).toMatchObject({ revision: 0 })
  // As if it had been killed while it wrote another one.
  const [name = ''] = backups()
  const left = `${name.replace(/\d{8}T\d{6}Z/, '20200101T000000Z')}.partial`
  writeFileSync(folder.file(`backups/${left}`), 'half')
  const before = backups().length
  await using _ = await start()
  await eventually(async () => backups().length).toBeGreaterThan(before)
  expect(files()).not.toContain(left)
})

test('a backup that fails is a warning and a metric, and works again later', async () => {
  writeFileSync(folder.file('backups'), 'a file where the folder should be')
  await using registry = await start()
  await eventually(() => metric(registry, 'rollcall_backup_failures_total')).toBeGreaterThan(0)
  expect(registry.output).toMatch(/"level":"warn".*"msg":"the backup of the registry failed"/)
  expect((await registry.http.get('/health/ready')).status).toBe(200)
  rmSync(folder.file('backups'))
  mkdirSync(folder.file('backups'))
  await eventually(async () => backups().length).toBeGreaterThan(0)
})

test('a store that is no file is refused at the start, with the alternative', async () => {
  for (const [url, why] of [
    [
      'postgres://me:secret@db1/x',
      /need a SQLite file: back up the PostgreSQL database with pg_dump/,
    ],
    ['memory:', /this store is kept in memory only/],
    ['sqlite:///:memory:', /this store is kept in memory only/],
  ] as const) {
    const { code, stderr } = await run(
      'serve',
      '--port',
      '0',
      '--db',
      url,
      '--backup-to',
      'backups',
    )
    expect({ code, stderr }, url).toEqual({ code: 2, stderr: expect.stringMatching(why) })
  }
})

test('doctor checks the newest backup', async () => {
  const doctor = async () => {
    const { stdout } = await run('doctor', '--backups', 'backups', '--json', '--timeout', '1')
    const { findings } = JSON.parse(stdout) as { findings: { topic: string; message: string }[] }
    return findings.find(({ topic }) => topic === 'backups')
  }
  expect(await doctor()).toMatchObject({
    verdict: 'fail',
    message: expect.stringContaining('ENOENT'),
  })
  mkdirSync(folder.file('backups'))
  expect(await doctor()).toMatchObject({
    verdict: 'warn',
    message: 'backups contains no scheduled backup',
  })
  const registry = await start()
  await eventually(async () => backups().length).toBeGreaterThan(0)
  await registry.stop()
  const newest = backups().at(-1) ?? ''
  expect(await doctor()).toMatchObject({
    verdict: 'ok',
    message: `${newest}: 0 agents (0 alive) at revision 0, never used; all pages checked`,
  })
  for (const name of backups()) rmSync(folder.file(`backups/${name}`))
  const old = newest.replace(/\d{8}T\d{6}Z/, '20200101T000000Z')
  writeFileSync(folder.file(`backups/${old}`), 'not a database'.repeat(1000))
  expect(await doctor()).toMatchObject({
    verdict: 'fail',
    message: expect.stringContaining('damaged'),
  })
})

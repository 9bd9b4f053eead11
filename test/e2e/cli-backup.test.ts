// `rollcall backup` and `rollcall restore`: their output, their checks, and a kill in the middle.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Agent } from '@rollcall/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HAS_TERMINAL, TERMINAL } from '../examples/guide-terminal.ts'
import { registration } from './support/http-client.ts'
import { backupThatWrites, enlarge } from './support/large-backup.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { ROLLCALL, runRollcall, spawnRollcall } from './support/rollcall-command.ts'
import { smallDiskWays } from './support/small-disk.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const url = (name: string): string => sqliteUrl(folder.file(name))
const run = (...args: string[]) => runRollcall(args, { cwd: folder.path })

async function startWith(...agents: string[]): Promise<RegistryProcess> {
  const registry = await RegistryProcess.start({ cwd: folder.path, db: url('a.db') })
  for (const agent of agents) {
    await registry.http.send('POST', '/agents/register', registration(agent))
  }
  return registry
}

async function idsOf(registry: RegistryProcess): Promise<string[]> {
  return (await registry.http.get<Agent[]>('/agents')).body.map(({ agent_id }) => agent_id)
}

test('a running registry is backed up, and restored with its agents alive', async () => {
  await using registry = await startWith('a', 'b')
  const backup = await run('backup', '--db', url('a.db'), '--to', 'b.db')
  expect(backup).toMatchObject({ code: 0, stderr: '' })
  expect(backup.stdout).toMatch(
    /^b\.db: 2 agents \(2 alive\) at revision 2, last change \d{4}-\S+Z\n$/,
  )
  await registry.http.send('POST', '/agents/register', registration('later'))
  await registry.stop()

  const refused = await run('restore', '--from', 'b.db', '--db', url('a.db'))
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toMatch(/^rollcall: \S+a\.db already exists\..*--force.*\n$/)
  const restored = await run('restore', '--from', 'b.db', '--db', url('a.db'), '--force')
  expect(restored).toMatchObject({ code: 0, stderr: '' })
  expect(restored.stdout).toMatch(
    /^restored 2 agents \(2 alive\) .*\nthe file that was there is kept: \S+\.before-restore-\S+\nstart it with: rollcall serve --db sqlite:\S+\n$/,
  )
  await using again = await startWith()
  expect(await idsOf(again)).toEqual(['a', 'b'])
})

test('nothing is restored while the registry is running', async () => {
  await using registry = await startWith('a')
  await run('backup', '--db', url('a.db'), '--to', 'b.db')
  const restore = await run('restore', '--from', 'b.db', '--db', url('a.db'), '--force', '--json')
  expect(restore).toMatchObject({ code: 1, stdout: '' })
  expect(JSON.parse(restore.stderr)).toEqual({
    error: {
      code: 'STORAGE_UNUSABLE',
      message: expect.stringContaining(`in use by another Rollcall (process ${registry.pid})`),
    },
  })
  expect(await idsOf(registry)).toEqual(['a'])
})

test('the output is JSON on request', async () => {
  await using _ = await startWith('a')
  const { stdout } = await run('backup', '--db', url('a.db'), '--to', 'b.db', '--json')
  expect(JSON.parse(stdout)).toEqual({
    to: 'b.db',
    epoch: expect.any(String),
    revision: 1,
    agents: 1,
    alive: 1,
    lastChangeMs: expect.any(Number),
    bytes: statSync(folder.file('b.db')).size,
  })
  const restored = await run('restore', '--from', 'b.db', '--db', url('c.db'), '--json')
  expect(JSON.parse(restored.stdout)).toMatchObject({ agents: 1, before: null })
})

test('a store that is no file is a usage error, with the alternative', async () => {
  for (const [db, why] of [
    ['postgres://me:secret@db1/x', /pg_dump/],
    ['memory:', /in memory only/],
    ['nonsense', /not a supported storage URL/],
  ] as const) {
    const { code, stderr } = await run('backup', '--db', db, '--to', 'b.db')
    expect({ code, stderr }, db).toEqual({ code: 2, stderr: expect.stringMatching(why) })
    expect(stderr).not.toContain('secret')
  }
})

test('a backup that is killed in the middle leaves no file of its name, and can be repeated', async () => {
  await using _ = await startWith('a')
  enlarge(folder.file('a.db'))
  const args = ['backup', '--db', url('a.db'), '--to', 'b.db']
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await killInTheMiddle(args, signal)
    expect(existsSync(folder.file('b.db'))).toBe(false)
    // A process that may end its work leaves nothing at all.
    if (signal === 'SIGTERM') expect(existsSync(folder.file('b.db.partial'))).toBe(false)
  }
  const repeated = await run(...args)
  expect(repeated).toMatchObject({ code: 0, stderr: '' })
  expect(repeated.stdout).toContain('b.db: 1 agents')
  expect(readdirSync(folder.path).filter((name) => name.startsWith('b.db'))).toEqual(['b.db'])
})

/** Kills a backup while it writes; one that was faster is made again. */
async function killInTheMiddle(args: readonly string[], signal: NodeJS.Signals): Promise<void> {
  for (;;) {
    const backup = await backupThatWrites(args, folder.file('b.db'), { cwd: folder.path })
    const closed = new Promise<boolean>((resolve) => {
      backup.once('close', (code) => resolve(code === 0))
    })
    backup.kill(signal)
    if (!(await closed)) return
    rmSync(folder.file('b.db'))
  }
}

test.each(smallDiskWays())(
  '$title ends a backup with an error, and without a file',
  async ({ make }) => {
    await using registry = await startWith('a')
    enlarge(folder.file('a.db'))
    using disk = make()
    const to = `${dirname(disk.file)}/b.db`
    const { under } = disk
    const backup = spawnRollcall(['backup', '--db', url('a.db'), '--to', to], {
      cwd: folder.path,
      under,
    })
    const [stderr, code] = await Promise.all([
      text(backup.stderr as Readable),
      new Promise((resolve) => backup.once('close', resolve)),
    ])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`${to} cannot be written`),
    })
    expect(readdirSync(dirname(to)).filter((name) => name.startsWith('b.db'))).toEqual([])
    expect((await registry.http.get('/health/ready')).status).toBe(200)
  },
)

test.skipIf(!HAS_TERMINAL)(`a backup shows its progress on ${TERMINAL}`, async () => {
  await using _ = await startWith('a')
  enlarge(folder.file('a.db'))
  const command = `'${process.execPath}' '${ROLLCALL}' backup --db '${url('a.db')}' --to b.db`
  const shell = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder.path })
  const shown = await text(shell.stdout)
  expect(shown).toMatch(/pages +█+░* [\d,]+ of [\d,]+/)
  expect(shown).toContain('\r\x1b[Kb.db: 1 agents')
})

test('a file that is not a registry is named', async () => {
  writeFileSync(folder.file('letter.txt'), 'Dear grandmother, '.repeat(100))
  const { code, stderr } = await run('backup', '--db', url('letter.txt'), '--to', 'b.db')
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/letter\.txt is damaged/),
  })
})

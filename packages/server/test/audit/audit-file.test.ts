import { execFile } from 'node:child_process'
import { readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { AuditFile } from '../../src/audit/audit-file.ts'

/** Reports what happens to the file. */
class Reports {
  readonly failures: string[] = []
  failed({ message }: Error): void {
    this.failures.push(message)
  }
  succeeded(): void {}
}

const entry = (request_id: string) => ({ what: 'registerAgent', request_id, outcome: 'ok' })
const linesOf = async (path: string) =>
  (await readFile(path, 'utf8').catch(() => ''))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
const idsOf = async (path: string) => (await linesOf(path)).map(({ request_id: id }) => id)

async function openFile(path: string, options: { maxWaitingBytes?: number } = {}) {
  const reports = new Reports()
  const file = new AuditFile(path, reports, { retryMs: 20, ...options })
  await file.open()
  return { file, reports, [Symbol.asyncDispose]: () => file.close() }
}

test('a file gets one line of JSON for each entry, after those that it has', async () => {
  using folder = new TemporaryFolder()
  const path = join(folder.path, 'audit')
  await writeFile(path, '{"request_id":"before"}\n')
  const { file } = await openFile(path)
  for (const id of ['a', 'b', 'c']) file.write({ ...entry(id), who: 'ann', address: '192.0.2.1' })
  await file.close()
  const [, first] = await linesOf(path)
  expect(await idsOf(path)).toEqual(['before', 'a', 'b', 'c'])
  expect(first).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    ...entry('a'),
    who: 'ann',
    address: '192.0.2.1',
  })
})

test('a new file can be read by its owner alone', async () => {
  using folder = new TemporaryFolder()
  const path = join(folder.path, 'audit')
  await using _ = await openFile(path)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('nothing in an entry begins another line, or controls the terminal on which it is read', async () => {
  using folder = new TemporaryFolder()
  const path = join(folder.path, 'audit')
  const { file } = await openFile(path)
  const who = 'x\n{"forged":true}\r\u2028\u0085\u001b[2J\u009b2J\u202e\u007f\\n"},{'
  file.write({ ...entry('a'), who })
  await file.close()
  expect(await linesOf(path)).toMatchObject([{ who }])
  expect(await readFile(path, 'utf8')).toMatch(/^[\x20-\x7e]*\n$/)
})

test('a file that was renamed is followed by a new one', async () => {
  using folder = new TemporaryFolder()
  const path = join(folder.path, 'audit')
  await using opened = await openFile(path)
  for (const id of ['a', 'b', 'c']) {
    opened.file.write(entry(id))
    await expect.poll(() => idsOf(path)).toEqual([id])
    await rename(path, `${path}.${id}`)
  }
  for (const id of ['a', 'b', 'c']) expect(await idsOf(`${path}.${id}`)).toEqual([id])
})

test('a file that was removed, or replaced, is followed by a new one', async () => {
  using folder = new TemporaryFolder()
  const path = join(folder.path, 'audit')
  await using opened = await openFile(path)
  await rm(path)
  opened.file.write(entry('a'))
  await expect.poll(() => idsOf(path)).toEqual(['a'])
  await writeFile(join(folder.path, 'other'), '')
  await rename(join(folder.path, 'other'), path)
  opened.file.write(entry('b'))
  await expect.poll(() => idsOf(path)).toEqual(['b'])
})

// A device on which every write fails, as on a full disk.
const FULL = '/dev/full'

test('while the disk is full, lines wait in limited memory, and the others are dropped and counted', async () => {
  using folder = new TemporaryFolder()
  const path = join(folder.path, 'audit')
  await symlink(FULL, path)
  await using opened = await openFile(path, { maxWaitingBytes: 1000 })
  const { file, reports } = opened
  for (let at = 0; at < 100; at++) file.write(entry(`before-${at}`))
  await expect.poll(() => reports.failures.length).toBeGreaterThan(2)
  expect(reports.failures[0]).toContain('ENOSPC')
  const { dropped } = file
  expect(dropped).toBeGreaterThan(80)
  expect(dropped).toBeLessThan(100)
  await rm(path)
  await expect.poll(() => linesOf(path).then(({ length }) => length)).toBeGreaterThan(0)
  file.write(entry('after'))
  await expect.poll(async () => (await idsOf(path)).at(-1)).toBe('after')
  const lines = await linesOf(path)
  const kept = lines.filter(({ request_id: id }) => `${id}`.startsWith('before-'))
  expect(kept).toHaveLength(100 - dropped)
  expect(lines.filter(({ what }) => what === 'audit')).toMatchObject([
    { outcome: 'dropped', lines: dropped },
  ])
  expect(file.dropped).toBe(dropped)
})

test('a line that was cut in two, because the file may not grow, is not continued in the next one', async () => {
  using folder = new TemporaryFolder()
  const path = join(folder.path, 'audit')
  const program = join(import.meta.dirname, 'support/fill-audit-file.ts')
  const limit = ['--fsize=20000:', process.execPath, '--conditions=@rollcall/source']
  const { stdout: dropped } = await promisify(execFile)('prlimit', [...limit, program, path], {
    // A process that writes forever must not outlive its test.
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  const full = (await readFile(`${path}.1`, 'utf8')).split('\n')
  expect(full.at(-1)).toMatch(/^\{"time"/)
  const [first] = await idsOf(path)
  expect(Number(first)).toBe(full.length)
  expect(Number(dropped)).toBe(1)
  expect((await linesOf(path)).at(-1)).toMatchObject({ outcome: 'dropped', lines: 1 })
})

test('a file that cannot be written is an error that names it', async () => {
  using folder = new TemporaryFolder()
  const path = join(folder.path, 'absent', 'audit')
  await expect(openFile(path)).rejects.toThrow(`the audit log ${path} cannot be written: ENOENT`)
})

test('closing does not wait for a disk that stays full', async () => {
  using folder = new TemporaryFolder()
  const path = join(folder.path, 'audit')
  await symlink(FULL, path)
  const { file } = await openFile(path)
  file.write(entry('a'))
  await file.close()
})

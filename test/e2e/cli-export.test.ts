// `rollcall export` and `rollcall import`: files, pipes, checks and output.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { Agent } from '@rollcall/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshDatabase } from '../postgres/support/shared-postgres.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { ROLLCALL, runRollcall } from './support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const url = (name: string): string => sqliteUrl(folder.file(name))
const run = (...args: string[]) => runRollcall(args, { cwd: folder.path })
const start = (db: string) => RegistryProcess.start({ cwd: folder.path, db })

async function startWithTwo(): Promise<RegistryProcess> {
  const registry = await start(url('a.db'))
  for (const agent of ['a', 'b']) {
    await registry.http.send('POST', '/agents/register', registration(agent))
  }
  return registry
}

test('a running registry is exported, imported into PostgreSQL, and goes on there', async () => {
  await using database = await freshDatabase()
  await using registry = await startWithTwo()
  const exported = await run('export', '--db', url('a.db'), '--to', 'a.jsonl')
  const counts = '2 agents (2 alive) and 2 transitions'
  expect(exported).toMatchObject({ code: 0, stderr: '', stdout: `a.jsonl: ${counts}\n` })
  expect(statSync(folder.file('a.jsonl')).mode & 0o777).toBe(0o600)
  await registry.stop()

  const imported = await run('import', '--db', database.url, '--from', 'a.jsonl')
  const { host, pathname } = new URL(database.url)
  expect(imported).toMatchObject({
    code: 0,
    stderr: '',
    stdout: `imported ${counts}\nstart it with: rollcall serve --db postgres://***@${host}${pathname}\n`,
  })
  await using again = await start(database.url)
  const { body } = await again.http.get<Agent[]>('/agents')
  expect(body.map(({ agent_id, is_alive }) => [agent_id, is_alive])).toEqual([
    ['a', true],
    ['b', true],
  ])
})

test('an export goes through a pipe', async () => {
  await using _ = await startWithTwo()
  const rollcall = `'${process.execPath}' '${ROLLCALL}'`
  const pipe = `${rollcall} export --db ${url('a.db')} | gzip | gunzip | ${rollcall} import --db ${url('b.db')}`
  expect(execFileSync('sh', ['-c', pipe], { encoding: 'utf8' })).toMatch(/^imported 2 agents/)
  const [before, after] = [
    await run('export', '--db', url('a.db')),
    await run('export', '--db', url('b.db')),
  ]
  const lines = (text: string): string[] => text.split('\n').slice(3)
  expect(lines(after.stdout)).toEqual(lines(before.stdout))
})

test('an existing file is replaced only by force', async () => {
  await using _ = await startWithTwo()
  writeFileSync(folder.file('a.jsonl'), 'precious')
  const refused = await run('export', '--db', url('a.db'), '--to', 'a.jsonl')
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/already exists.*--force/),
  })
  expect(readFileSync(folder.file('a.jsonl'), 'utf8')).toBe('precious')
  const replaced = await run('export', '--db', url('a.db'), '--to', 'a.jsonl', '--force', '--json')
  expect(JSON.parse(replaced.stdout)).toEqual({ agents: 2, alive: 2, transitions: 2 })
})

test('an export that is cut off is not imported, and the line is named', async () => {
  await using _ = await startWithTwo()
  await run('export', '--db', url('a.db'), '--to', 'a.jsonl')
  const text = readFileSync(folder.file('a.jsonl'), 'utf8')
  writeFileSync(folder.file('a.jsonl'), text.slice(0, -100))
  const { code, stderr } = await run('import', '--db', url('b.db'), '--from', 'a.jsonl', '--json')
  expect(code).toBe(1)
  expect(JSON.parse(stderr)).toEqual({
    error: {
      code: 'STORAGE_UNUSABLE',
      message: 'line 5: the export is cut off in it. Nothing was imported',
    },
  })
  expect(existsSync(folder.file('b.db'))).toBe(false)
})

test('an invalid store or schema is a usage error', async () => {
  for (const command of ['export', 'import']) {
    const wrong = await run(command, '--db', 'nonsense')
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('not a supported') })
    const schema = await run(command, '--db', url('a.db'), '--db-schema', 'Upper')
    expect(schema).toMatchObject({ code: 2, stderr: expect.stringContaining('lowercase letters') })
  }
})

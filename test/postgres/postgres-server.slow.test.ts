import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { queryOnce, withClient } from './support/postgres-client.ts'
import { PostgresServer } from './support/postgres-server.ts'

let postgres: PostgresServer
beforeAll(async () => {
  postgres = await PostgresServer.launch()
})
afterAll(() => postgres[Symbol.asyncDispose]())

test('the server is PostgreSQL 18 or newer, and writes durably', async () => {
  const [settings] = await postgres.query(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync`,
  )
  expect(settings?.version).toBeGreaterThanOrEqual(180_000)
  expect(settings?.fsync).toBe('on')
})

test('a wrong password is rejected', async () => {
  const url = new URL(postgres.url())
  url.password = 'wrong'
  await expect(queryOnce(url.href, 'SELECT')).rejects.toThrow('password authentication failed')
})

test('only the connections that match the filter are terminated', async () => {
  const [meant, other] = [await postgres.createDatabase(), await postgres.createDatabase()]
  await withClient(other, async (survivor) => {
    await withClient(meant, async (client) => {
      await client.query('SELECT 1')
      const database = new URL(meant).pathname.slice(1)
      expect(await postgres.terminateConnections({ database })).toBe(1)
      await expect(client.query('SELECT 1')).rejects.toThrow()
    })
    expect((await survivor.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
  })
})

test('a frozen server does not respond until it is thawed', async () => {
  postgres.freeze()
  const answered = vi.fn()
  const answer = postgres.query('SELECT 1 AS n').finally(answered)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(answered).not.toHaveBeenCalled()
  postgres.thaw()
  expect(await answer).toEqual([{ n: 1 }])
})

test.each(['smart', 'fast', 'immediate'] as const)('data survives a %s stop', async (mode) => {
  const url = await postgres.createDatabase()
  await queryOnce(url, 'CREATE TABLE kept AS SELECT 1 AS n')
  await postgres.restart(mode)
  expect(await queryOnce(url, 'SELECT n FROM kept')).toEqual([{ n: 1 }])
})

test('committed data survives killing every process', async () => {
  const url = await postgres.createDatabase()
  await queryOnce(url, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n')

  await withClient(url, async (client) => {
    // A client in the middle of a query does not delay the kill.
    const busy = expect(client.query('SELECT pg_sleep(60)')).rejects.toThrow()
    await postgres.kill()
    await busy
  })
  expect(postgres.isRunning).toBe(false)
  await expect(queryOnce(url, 'SELECT')).rejects.toThrow('ECONNREFUSED')

  await postgres.start()
  expect(postgres.log).toContain('was not properly shut down; automatic recovery in progress')
  expect(await queryOnce(url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 1000 }])
})

test('settings take effect, and can be changed', async () => {
  await using set = await PostgresServer.launch({ settings: { max_connections: 17 } })
  expect(await set.query('SHOW max_connections')).toEqual([{ max_connections: '17' }])
  await set.query('ALTER SYSTEM SET max_connections = 18')
  await set.restart()
  expect(await set.query('SHOW max_connections')).toEqual([{ max_connections: '18' }])
})

test('a server that cannot start reports why', async () => {
  const broken = PostgresServer.launch({ settings: { shared_buffers: 'plenty' } })
  await expect(broken).rejects.toThrow('invalid value for parameter "shared_buffers": "plenty"')
})

test.each([false, true])('nothing is left behind, in memory: %s', async (isInMemory) => {
  const killed = await PostgresServer.launch({ isInMemory })
  const data = await dataFolderOf(killed.url())
  await killed.kill()
  await killed[Symbol.asyncDispose]()
  await killed[Symbol.asyncDispose]()
  expect(data).toContain('rollcall-postgres-')
  expect(existsSync(dirname(data))).toBe(false)
})

test('the server starts where the folder for temporary files is closed to other users', async () => {
  const before = process.env.TMPDIR
  const closed = await mkdtemp(join(tmpdir(), 'rollcall-closed-'))
  process.env.TMPDIR = closed
  try {
    await using other = await PostgresServer.launch({ isInMemory: true })
    expect(await other.query('SELECT 1 AS n')).toEqual([{ n: 1 }])
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    await rm(closed, { recursive: true })
  }
})

test.each(['running', 'frozen'])(
  'a %s server does not outlive its tests when they are killed',
  async (state) => {
    const module = import.meta.resolve('./support/postgres-server.ts')
    const abandon = `
    const { PostgresServer } = await import(${JSON.stringify(module)})
    const postgres = await PostgresServer.launch({ isInMemory: true })
    const [{ path }] = await postgres.query("SELECT current_setting('data_directory') AS path")
    if (${state === 'frozen'}) postgres.freeze()
    console.log(JSON.stringify({ url: postgres.url(), path }))
    setInterval(() => {}, 1000)`
    const tests = spawn(process.execPath, ['--input-type=module', '-e', abandon], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [output] = (await once(tests.stdout, 'data')) as [Buffer]
    const { url, path } = JSON.parse(output.toString()) as { url: string; path: string }
    expect(existsSync(path)).toBe(true)

    tests.kill('SIGKILL')
    await vi.waitFor(() => expect(existsSync(dirname(path))).toBe(false), { timeout: 30_000 })
    await expect(queryOnce(url, 'SELECT')).rejects.toThrow('ECONNREFUSED')
  },
)

async function dataFolderOf(url: string): Promise<string> {
  const [row] = await queryOnce<{ path: string }>(
    url,
    `SELECT current_setting('data_directory') AS path`,
  )
  return row?.path ?? ''
}

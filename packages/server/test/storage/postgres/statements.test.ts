// Statements are cancelled when no longer needed, and unknown outcomes are reported as unknown.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import {
  type FreshDatabase,
  freshDatabase,
} from '../../../../../test/postgres/support/shared-postgres.ts'
import { PostgresPool } from '../../../src/storage/postgres/connections/pool.ts'
import { parsePostgresUrl } from '../../../src/storage/postgres/connections/target.ts'
import { runningSearches, whileLocked } from './slow-database.ts'

let database: FreshDatabase
let pool: PostgresPool
let cancelled: number

beforeEach(async () => {
  database = await freshDatabase()
  cancelled = 0
  pool = new PostgresPool(parsePostgresUrl(database.url), {
    size: 1,
    statementMs: 0,
    lockMs: 100,
    onCancelled: () => void cancelled++,
  })
})
afterEach(async () => {
  await pool.close()
  await database[Symbol.asyncDispose]()
})

const SLEEP = { text: 'SELECT pg_sleep(60)' }
const backend = async () =>
  (await pool.run<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' }, []))[0]?.pid

test('a statement that times out is cancelled on the server, and its connection is reused', async () => {
  const before = await backend()
  const outcome = pool.run({ ...SLEEP, timeoutMs: 50 }, [], { isWrite: true })
  await expect(outcome).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message: expect.stringContaining('nothing was changed'),
  })
  expect(await runningSearches(database.url)).toBe(0)
  expect(await backend()).toBe(before)
  expect(cancelled).toBe(1)
})

test('the server itself enforces the lock timeout', async () => {
  await queryOnce(database.url, 'CREATE TABLE held (id int)')
  await whileLocked(database.url, 'LOCK TABLE held', () =>
    expect(pool.run({ text: 'SELECT FROM held' }, [])).rejects.toMatchObject({ code: '55P03' }),
  )
})

test('the server itself enforces the statement timeout', async () => {
  const limited = new PostgresPool(parsePostgresUrl(database.url), {
    size: 1,
    statementMs: 50,
    lockMs: 0,
  })
  await expect(limited.run(SLEEP, [])).rejects.toMatchObject({ code: '57014' })
  await limited.close()
})

test.each([
  { isWrite: true, code: 'OUTCOME_UNKNOWN' },
  { isWrite: false, code: 'STORAGE_UNAVAILABLE' },
])(
  'a connection that breaks during a statement causes $code when isWrite is $isWrite',
  async (given) => {
    const outcome = pool.run(SLEEP, [], { isWrite: given.isWrite })
    const expected = expect(outcome).rejects.toMatchObject({ code: given.code })
    await eventually(() => runningSearches(database.url)).toBe(1)
    await queryOnce(
      database.url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event = 'PgSleep'`,
    )
    await expected
  },
)

test('a statement aborted in the queue does not run', async () => {
  const running = pool.run({ ...SLEEP, timeoutMs: 200 }, []).catch(() => undefined)
  const controller = new AbortController()
  const table = { text: 'CREATE TABLE made (id int)' }
  const outcome = expect(pool.run(table, [], { signal: controller.signal })).rejects.toThrow(
    'aborted',
  )
  expect([pool.used, pool.waiting]).toEqual([1, 1])
  controller.abort(new Error('aborted'))
  await outcome
  expect(pool.waiting).toBe(0)
  await running
  const [made] = await queryOnce(database.url, "SELECT to_regclass('made') AS made")
  expect(made).toEqual({ made: null })
})

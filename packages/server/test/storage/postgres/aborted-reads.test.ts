// Nobody waits for a read: it ends at the database as well, and its connection is free again.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import { type FreshDatabase, freshDatabase } from '../../../../../test/postgres/support/shared-postgres.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../sample-registration.ts'
import { endSearches, runningSearches, slowSearches, watch, whileLocked } from './pressure.ts'

let database: FreshDatabase
let node: PostgresAgentRegistryRepository

beforeEach(async () => {
  database = await freshDatabase()
  // One list at a time.
  node = await PostgresAgentRegistryRepository.open(`${database.url}?pool_size=1`)
  await node.add(registration({ agentId: 'a' }))
})
afterEach(async () => {
  await node.close()
  await database[Symbol.asyncDispose]()
})

const GONE = new Error('the client has gone')
const search = (signal?: AbortSignal) => Array.fromAsync(node.listAll({ text: 'zz' }, { signal }))

test('a list that is aborted is cancelled, and the next one gets its connection', async () => {
  await slowSearches(database.url)
  const gone = new AbortController()
  const abandoned = search(gone.signal)
  const outcome = expect(abandoned).rejects.toBe(GONE)
  await eventually(() => runningSearches(database.url)).toBe(1)
  gone.abort(GONE)
  await outcome
  expect(await runningSearches(database.url)).toBe(0)
  expect((await node.get('a'))?.agentId).toBe('a')
  expect(node.statistics().failures).toBe(0)
})

test('one that soon ends by itself is not cancelled', async () => {
  // Some are gone before the statement is sent, most while it is under way.
  for (let round = 0; round < 20; round++) {
    const gone = new AbortController()
    const outcome = expect(node.historyOf('a', { signal: gone.signal })).rejects.toBe(GONE)
    await new Promise(setImmediate)
    gone.abort(GONE)
    await outcome
  }
  expect(node.statistics().connections).toMatchObject({ cancelled: 0 })
  expect((await node.get('a'))?.agentId).toBe('a')
})

test('one that still waits leaves the queue at once', async () => {
  await slowSearches(database.url)
  const first = search().catch(() => undefined)
  const watched = watch(first)
  await eventually(() => runningSearches(database.url)).toBe(1)
  const gone = new AbortController()
  const waiting = search(gone.signal)
  const outcome = expect(waiting).rejects.toBe(GONE)
  await eventually(() => node.statistics().connections?.waiting).toBe(1)
  gone.abort(GONE)
  expect(node.statistics().connections).toMatchObject({ waiting: 0, cancelled: 0 })
  await outcome
  expect(watched.isSettled).toBe(false)
  await endSearches(database.url)
  await first
})

test('one that is aborted before it began asks nothing', async () => {
  await expect(search(AbortSignal.abort(GONE))).rejects.toBe(GONE)
})

test.each(['eventsSince', 'historyOf'] as const)('%s is cancelled as well', async (method) => {
  const gone = new AbortController()
  const { signal } = gone
  await whileLocked(database.url, 'LOCK TABLE rollcall.transitions', async () => {
    const read =
      method === 'eventsSince'
        ? node.eventsSince(0, 10, { signal })
        : node.historyOf('a', { signal })
    const outcome = expect(read).rejects.toBe(GONE)
    await eventually(() => readsThatWait()).toBeGreaterThan(0)
    gone.abort(GONE)
    await outcome
    await eventually(() => readsThatWait()).toBe(0)
  })
})

/** The follower of the transitions waits for the same lock, and is not meant. */
async function readsThatWait(): Promise<number> {
  const rows = await queryOnce(
    database.url,
    `SELECT FROM pg_stat_activity WHERE datname = current_database()
       AND wait_event_type = 'Lock' AND query NOT LIKE '%r.revision AS newest, r.epoch%'`,
  )
  return rows.length
}

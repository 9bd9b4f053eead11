// An aborted read is also cancelled in the database, and its connection becomes free again.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import {
  type FreshDatabase,
  freshDatabase,
} from '../../../../../test/postgres/support/shared-postgres.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../sample-registration.ts'
import { endSearches, runningSearches, slowSearches, watch, whileLocked } from './slow-database.ts'

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

const DISCONNECTED = new Error('the client disconnected')
const search = (signal?: AbortSignal) => Array.fromAsync(node.listAll({ text: 'zz' }, { signal }))

test('a list that is aborted is cancelled, and the next one gets its connection', async () => {
  await slowSearches(database.url)
  const controller = new AbortController()
  const abandoned = search(controller.signal)
  const outcome = expect(abandoned).rejects.toBe(DISCONNECTED)
  await eventually(() => runningSearches(database.url)).toBe(1)
  controller.abort(DISCONNECTED)
  await outcome
  expect(await runningSearches(database.url)).toBe(0)
  expect((await node.get('a'))?.agentId).toBe('a')
  expect(node.statistics().failures).toBe(0)
})

test('a read that soon ends by itself is not cancelled', async () => {
  // Some are aborted before the statement is sent, most while it is in flight.
  for (let round = 0; round < 20; round++) {
    const controller = new AbortController()
    const outcome = expect(node.historyOf('a', { signal: controller.signal })).rejects.toBe(
      DISCONNECTED,
    )
    await new Promise(setImmediate)
    controller.abort(DISCONNECTED)
    await outcome
  }
  expect(node.statistics().connections).toMatchObject({ cancelled: 0 })
  expect((await node.get('a'))?.agentId).toBe('a')
})

test('a waiting read leaves the queue at once', async () => {
  await slowSearches(database.url)
  const first = search().catch(() => undefined)
  const watched = watch(first)
  await eventually(() => runningSearches(database.url)).toBe(1)
  const controller = new AbortController()
  const waiting = search(controller.signal)
  const outcome = expect(waiting).rejects.toBe(DISCONNECTED)
  await eventually(() => node.statistics().connections?.waiting).toBe(1)
  controller.abort(DISCONNECTED)
  expect(node.statistics().connections).toMatchObject({ waiting: 0, cancelled: 0 })
  await outcome
  expect(watched.isSettled).toBe(false)
  await endSearches(database.url)
  await first
})

test('a read that is aborted before it starts sends no statement', async () => {
  await expect(search(AbortSignal.abort(DISCONNECTED))).rejects.toBe(DISCONNECTED)
})

test.each(['eventsSince', 'historyOf'] as const)('%s is cancelled as well', async (method) => {
  const controller = new AbortController()
  const { signal } = controller
  await whileLocked(database.url, 'LOCK TABLE rollcall.transitions', async () => {
    const read =
      method === 'eventsSince'
        ? node.eventsSince(0, 10, { signal })
        : node.historyOf('a', { signal })
    const outcome = expect(read).rejects.toBe(DISCONNECTED)
    await eventually(() => waitingReads()).toBeGreaterThan(0)
    controller.abort(DISCONNECTED)
    await outcome
    await eventually(() => waitingReads()).toBe(0)
  })
})

/** Excludes the transition follower, which waits for the same lock. */
async function waitingReads(): Promise<number> {
  const rows = await queryOnce(
    database.url,
    `SELECT FROM pg_stat_activity WHERE datname = current_database()
       AND wait_event_type = 'Lock' AND query NOT LIKE '%r.revision AS newest, r.branch%'`,
  )
  return rows.length
}

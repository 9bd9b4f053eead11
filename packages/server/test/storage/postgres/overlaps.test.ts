// Heartbeats during registrations, and steps of the database clock.
import { beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import { PostgresDatabase } from '../../../src/storage/postgres/connections/database.ts'
import { PostgresNotifications } from '../../../src/storage/postgres/connections/notifications.ts'
import { parsePostgresUrl } from '../../../src/storage/postgres/connections/target.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { readHistory } from '../../../src/storage/postgres/transitions/branch-line.ts'
import { PostgresHistory } from '../../../src/storage/postgres/transitions/history.ts'
import { TransitionFollower } from '../../../src/storage/postgres/transitions/transition-follower.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { registration } from '../sample-registration.ts'
import { lockWaits, whileLocked } from './slow-database.ts'

const database = databasePerTest()
let clock: ManualClock

beforeEach(() => {
  clock = new ManualClock()
})

const openNode = () => PostgresAgentRegistryRepository.open(database.url, { clock })

test.each([
  { what: 'a load in the same millisecond wins', laterMs: 0, load: 0.25, expected: 0.25 },
  { what: 'a later load wins', laterMs: 500, load: 0.25, expected: 0.25 },
  { what: 'without a load, that of the registration is kept', laterMs: 500, expected: 0.75 },
])('a heartbeat during a registration: $what', async ({ laterMs, load, expected }) => {
  await using node = await openNode()
  await using other = await openNode()
  await node.add(registration({ agentId: 'a', load: 0.5 }))
  let again: Promise<unknown> = Promise.resolve()
  await whileLocked(database.url, 'SELECT FROM rollcall.registry FOR UPDATE', async () => {
    again = node.add(registration({ agentId: 'a', port: 9000, load: 0.75 }))
    // It has read the agent, and is about to write it.
    await eventually(() => lockWaits(database.url)).toBe(1)
    clock.advance(laterMs)
    expect(await other.updateHeartbeat('a', load === undefined ? {} : { load })).toBeDefined()
  })
  await again
  expect(await node.get('a')).toMatchObject({ port: 9000, load: expected })
})

const YEARS_MS = 10 * 365 * 86_400_000
const DAY_MS = 86_400_000

async function rows(): Promise<number> {
  const found = await queryOnce(database.url, 'SELECT FROM rollcall.transitions')
  return found.length
}

test('a clock that is years ahead for a while removes no history; elapsed time does', async () => {
  await using node = await openNode()
  const target = parsePostgresUrl(database.url)
  const own = new PostgresDatabase({ target, schema: 'rollcall', clock })
  const notifications = new PostgresNotifications(own)
  const follower = new TransitionFollower({
    database: own,
    notifications,
    from: await readHistory(own),
  })
  const history = new PostgresHistory(own, follower, { historyMaxAgeSeconds: 86_400 })
  // As if all agents were in the word index.
  const trim = async () => {
    await queryOnce(database.url, 'UPDATE rollcall.indexing SET revision = 1000')
    await history.trim()
  }
  for (const agentId of ['a', 'b']) await node.add(registration({ agentId, ttlSeconds: 86_400 }))
  for (let minutes = 0; minutes <= 11; minutes++) {
    await trim()
    clock.advance(60_000)
  }
  clock.stepWall(YEARS_MS)
  for (let seconds = 0; seconds < 8; seconds++) {
    await trim()
    clock.advance(1000)
  }
  expect(await rows()).toBe(2)
  clock.stepWall(-YEARS_MS)
  for (let minutes = 0; minutes <= 11; minutes++) {
    await trim()
    clock.advance(60_000)
  }
  expect(await rows()).toBe(2)
  expect(await node.eventsSince(0)).toHaveLength(2)
  clock.advance(DAY_MS)
  await trim()
  expect(await rows()).toBe(0)
  await notifications.close()
  await follower.close()
  await own.close()
})

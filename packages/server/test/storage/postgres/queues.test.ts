// The queues for the database are bounded in size and in waiting time.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { freshDatabase } from '../../../../../test/postgres/support/shared-postgres.ts'
import { SERVER_LIMITS } from '../../../src/limits/server-limits.ts'
import { ConnectionSlots } from '../../../src/storage/postgres/connections/connection-slots.ts'
import {
  HeartbeatGroups,
  type Renewed,
  settleAll,
} from '../../../src/storage/postgres/heartbeats/heartbeat-groups.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../sample-registration.ts'
import { lockWaits, whileLocked } from './slow-database.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function slots({ size = 1, maxWaiting = 2 } = {}): ConnectionSlots {
  const limits = { size, maxWaiting, timeoutMs: 1000 }
  return new ConnectionSlots({ ...limits, what: 'lists', code: 'OVERLOADED' })
}

test('slots are passed on in order', async () => {
  const all = slots()
  const order: string[] = []
  const release = await all.acquire()
  const acquire = async (name: string) => {
    const done = await all.acquire()
    order.push(name)
    done()
  }
  const waiting = [acquire('first'), acquire('second')]
  release()
  release()
  await Promise.all(waiting)
  expect(order).toEqual(['first', 'second'])
  expect([all.used, all.waiting]).toEqual([0, 0])
})

test('the number of statements waiting for a slot is limited', async () => {
  const all = slots({ maxWaiting: 1 })
  const release = await all.acquire()
  const waiting = all.acquire()
  await expect(all.acquire()).rejects.toMatchObject({ code: 'OVERLOADED' })
  release()
  ;(await waiting)()
})

test('the wait for a slot times out', async () => {
  const all = slots()
  const release = await all.acquire()
  const outcome = expect(all.acquire()).rejects.toMatchObject({ code: 'OVERLOADED' })
  await vi.advanceTimersByTimeAsync(1000)
  await outcome
  release()
  expect([all.used, all.waiting]).toEqual([0, 0])
})

const report = {}
const limit = SERVER_LIMITS.postgresWaitingHeartbeats.value

test('the number of waiting heartbeats is limited', () => {
  const groups = new HeartbeatGroups()
  const caller = { settle: () => undefined, fail: () => undefined }
  for (let index = 0; index < limit; index++) {
    groups.requireCapacity()
    groups.add(`agent-${index}`, { report, caller, index })
  }
  expect(() => groups.requireCapacity()).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
  const oldest = groups.shift()
  if (oldest) groups.remove(oldest, 'agent-0')
  groups.requireCapacity()
  expect(groups.size).toBe(limit - 1)
})

test('waiting heartbeats of one agent are merged with the newest values, and share the outcome', () => {
  const groups = new HeartbeatGroups()
  const settled: (readonly [number, number | undefined])[] = []
  const caller = {
    settle: (index: number, renewed?: Renewed) => void settled.push([index, renewed?.revision]),
    fail: () => undefined,
  }
  const reports = [{ status: 'draining', load: 0.1 }, { load: 0.2 }, {}] as const
  for (const [index, report] of reports.entries()) groups.add('busy', { report, caller, index })
  groups.add('calm', { report: {}, caller, index: 3 })
  expect(groups.size).toBe(4)

  const group = groups.shift()
  const waiting = group?.heartbeats.get('busy')
  if (!group || !waiting) throw new Error('nothing waits')
  expect(groups.isEmpty).toBe(true)
  expect(waiting.report).toEqual({ status: 'draining', load: 0.2 })
  groups.remove(group, 'busy')
  expect(groups.size).toBe(1)
  settleAll(waiting, { atMs: 0, ttlSeconds: 30, revision: 7 })
  expect(settled).toEqual([
    [0, 7],
    [1, 7],
    [2, 7],
  ])
})

test('merged heartbeats of one agent count towards the limit', () => {
  const groups = new HeartbeatGroups()
  const refused: number[] = []
  const caller = { settle: () => undefined, fail: () => void refused.push(1) }
  for (let index = 0; index < limit; index++) groups.add('busy', { report, caller, index })
  expect(() => groups.requireCapacity()).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
  vi.advanceTimersByTime(SERVER_LIMITS.postgresHeartbeatWaitMs.value + 1000)
  expect(refused).toHaveLength(limit)
  groups.requireCapacity()
})

test('heartbeats that have waited too long are refused, later ones keep waiting', () => {
  const groups = new HeartbeatGroups()
  const refused: unknown[] = []
  const caller = { settle: () => undefined, fail: (error: unknown) => void refused.push(error) }
  groups.add('late', { report, caller, index: 0 })
  vi.advanceTimersByTime(SERVER_LIMITS.postgresHeartbeatWaitMs.value - 1000)
  const crowd = 2000
  for (let index = 1; index < crowd + 1; index++) {
    groups.add(`agent-${index}`, { report, caller, index })
  }
  expect(refused).toEqual([])
  vi.advanceTimersByTime(2000)
  // The group of the first one, but not the next group.
  expect(refused).toHaveLength(crowd)
  expect(refused[0]).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect(groups.size).toBe(1)
})

test('the number of waiting changes is limited', async () => {
  vi.useRealTimers()
  await using database = await freshDatabase()
  await using node = await PostgresAgentRegistryRepository.open(database.url)
  await whileLocked(database.url, 'SELECT FROM rollcall.registry FOR UPDATE', async () => {
    const first = node.add(registration({ agentId: 'first' })).catch(() => undefined)
    await eventually(() => lockWaits(database.url)).toBe(1)
    const limit = SERVER_LIMITS.postgresWaitingTransitions.value
    const crowd = Array.from({ length: limit - 1 }, (_, index) =>
      node.add(registration({ agentId: `crowd-${index}` })).catch(() => undefined),
    )
    await expect(node.add(registration({ agentId: 'one-more' }))).rejects.toMatchObject({
      code: 'OVERLOADED',
    })
    await Promise.all([first, ...crowd])
  })
})

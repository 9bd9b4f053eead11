// What waits for the database is bounded: in number, and in time.
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
import { lockWaits, whileLocked } from './pressure.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function slots({ size = 1, mostWaiting = 2 } = {}): ConnectionSlots {
  const limits = { size, mostWaiting, timeoutMs: 1000 }
  return new ConnectionSlots({ ...limits, what: 'lists', code: 'OVERLOADED' })
}

test('slots are handed on in order', async () => {
  const all = slots()
  const order: string[] = []
  const giveBack = await all.take()
  const take = async (name: string) => {
    const done = await all.take()
    order.push(name)
    done()
  }
  const waiting = [take('first'), take('second')]
  giveBack()
  giveBack()
  await Promise.all(waiting)
  expect(order).toEqual(['first', 'second'])
  expect([all.used, all.waiting]).toEqual([0, 0])
})

test('no more wait for a slot than may', async () => {
  const all = slots({ mostWaiting: 1 })
  const giveBack = await all.take()
  const waiting = all.take()
  await expect(all.take()).rejects.toMatchObject({ code: 'OVERLOADED' })
  giveBack()
  ;(await waiting)()
})

test('nobody waits for a slot longer than a while', async () => {
  const all = slots()
  const giveBack = await all.take()
  const outcome = expect(all.take()).rejects.toMatchObject({ code: 'OVERLOADED' })
  await vi.advanceTimersByTimeAsync(1000)
  await outcome
  giveBack()
  expect([all.used, all.waiting]).toEqual([0, 0])
})

const report = {}
const most = SERVER_LIMITS.postgresWaitingHeartbeats.value

test('no more heartbeats wait than may', () => {
  const groups = new HeartbeatGroups()
  const caller = { settle: () => undefined, fail: () => undefined }
  for (let index = 0; index < most; index++) {
    groups.requireRoom()
    groups.add(`agent-${index}`, { report, caller, index })
  }
  expect(() => groups.requireRoom()).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
  const oldest = groups.shift()
  if (oldest) groups.remove(oldest, 'agent-0')
  groups.requireRoom()
  expect(groups.size).toBe(most - 1)
})

test('heartbeats of one agent that wait are one, which reports the newest, and all have its outcome', () => {
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

test('however many heartbeats of one agent wait, no more wait than may', () => {
  const groups = new HeartbeatGroups()
  const refused: number[] = []
  const caller = { settle: () => undefined, fail: () => void refused.push(1) }
  for (let index = 0; index < most; index++) groups.add('busy', { report, caller, index })
  expect(() => groups.requireRoom()).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
  vi.advanceTimersByTime(SERVER_LIMITS.postgresHeartbeatWaitMs.value + 1000)
  expect(refused).toHaveLength(most)
  groups.requireRoom()
})

test('heartbeats that have waited for too long are refused, and those after them go on', () => {
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
  // The group of the first, and not the one after.
  expect(refused).toHaveLength(crowd)
  expect(refused[0]).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect(groups.size).toBe(1)
})

test('no more changes wait than may', async () => {
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

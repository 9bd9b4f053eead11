import { describe, expect, test } from 'vitest'
import type { AgentQuery } from '../domain/query/agent-query.ts'
import { positionOf } from '../domain/query/agent-query.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const COUNT = 2_000

const QUERIES: readonly AgentQuery[] = [
  { capabilities: ['third'] },
  { capabilities: ['third', 'fifth'], limit: 20 },
  { name: 'Fleet 7' },
  { name: 'Fleet 1*', sort: '-registered_at', limit: 50 },
  { metadata: [{ path: 'rack.row', value: '11' }] },
  { text: 'FLEET fifth' },
  { text: '1999' },
  { statuses: ['busy'] },
  { statuses: ['expired'] },
  { statuses: ['expired', 'draining'], capabilities: ['third'] },
  { capabilities: ['fifth'], includeDead: true, sort: 'load', limit: 30 },
  { text: 'nowhere' },
]

/** Opens a store with agents, some of which have expired. */
async function openFleet(subject: ConformanceSubject): Promise<StoreUnderTest> {
  const store = await StoreUnderTest.open(subject)
  const statuses = ['ready', 'busy', 'draining'] as const
  const add = (index: number) =>
    store.add({
      agentId: nthId(index),
      agentName: `Fleet ${index % 20}`,
      // More time left than the grace, so that the restart does not change the compared values.
      ttlSeconds: index % 8 === 0 ? 1 : 3_600,
      capabilities: [...(index % 3 === 0 ? ['third'] : []), ...(index % 5 === 0 ? ['fifth'] : [])],
      metadata: { rack: { row: index % 50 } },
      status: statuses[index % 7] ?? 'ready',
      load: (index % 10) / 10,
    })
  await Promise.all(Array.from({ length: COUNT }, (_, index) => add(index)))
  store.clock.advance(1_000)
  await store.sweep()
  return store
}

/** For durable stores: the results of queries after the store was closed and reopened. */
export function describeQueriesOverRestarts(subject: ConformanceSubject): void {
  describe('queries after a restart', () => {
    test('return the same results as before it, immediately', async () => {
      await using store = await openFleet(subject)
      const before = await Promise.all(QUERIES.map((query) => store.list(query)))
      for (const agents of before.slice(0, -1)) expect(agents).not.toEqual([])
      await store.restart()
      const immediately = await Promise.all(QUERIES.map((query) => store.list(query)))
      expect(immediately).toEqual(before)
      // One turn of the event loop for each block that may still have to be indexed.
      for (let turn = 0; turn < COUNT; turn++) await new Promise(setImmediate)
      for (const [index, query] of QUERIES.entries()) {
        expect(await store.list(query), JSON.stringify(query)).toEqual(before[index])
      }
    })

    test('continue after any agent in order of the deadlines, which the time away extended', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const [index, agentId] of ['c', 'a', 'b'].entries()) {
        await store.add({ agentId, ttlSeconds: 600 + index })
      }
      await store.restart({ awayMs: 3_600_000 })
      for (const sort of ['expires_at', '-expires_at'] as const) {
        const whole = await store.list({ sort })
        expect(whole, sort).toHaveLength(3)
        for (const [index, agent] of whole.entries()) {
          const after = positionOf(agent, sort)
          expect(await store.list({ sort, after }), sort).toEqual(whole.slice(index + 1))
        }
      }
    })

    test('reflect changes immediately', async () => {
      await using store = await openFleet(subject)
      await store.restart()
      const query = { capabilities: ['moved'], text: 'moved' }
      const moved: string[] = []
      // From the end and from the start, so that some are already indexed and some are not.
      for (let round = 0; round < 40; round++) {
        const index = round % 2 === 0 ? round * 20 : COUNT - round * 20
        const agentId = nthId(index)
        if (round % 5 === 4) {
          await store.repository.delete(moved.shift() as string)
        } else {
          await store.add({ agentId, agentName: 'Moved', capabilities: ['moved'] })
          moved.push(agentId)
        }
        await new Promise(setImmediate)
        expect(await store.listed(query), `round ${round}`).toEqual(moved.toSorted())
        const named = await store.listed({ name: 'Moved', sort: '-last_heartbeat' })
        expect(named.toSorted()).toEqual(moved.toSorted())
      }
      for (let turn = 0; turn < COUNT; turn++) await new Promise(setImmediate)
      expect(await store.listed(query)).toEqual(moved.toSorted())
      for (const agentId of moved.splice(0)) await store.repository.delete(agentId)
      expect(await store.listed(query)).toEqual([])
    })
  })
}

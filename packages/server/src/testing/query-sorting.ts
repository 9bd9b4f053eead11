import { AGENT_SORTS, type AgentSort } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { positionOf } from '../domain/query/agent-query.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const EXPECTED: Readonly<Record<AgentSort, readonly string[]>> = {
  agent_id: ['a', 'b', 'c', 'd', 'e'],
  registered_at: ['c', 'a', 'd', 'e', 'b'],
  '-registered_at': ['b', 'a', 'd', 'e', 'c'],
  last_heartbeat: ['a', 'd', 'c', 'e', 'b'],
  '-last_heartbeat': ['b', 'e', 'c', 'a', 'd'],
  expires_at: ['a', 'd', 'e', 'b', 'c'],
  '-expires_at': ['c', 'b', 'e', 'a', 'd'],
  load: ['b', 'd', 'a', 'c', 'e'],
  '-load': ['a', 'd', 'b', 'c', 'e'],
}

async function openFleet(subject: ConformanceSubject): Promise<StoreUnderTest> {
  const store = await StoreUnderTest.open(subject)
  const fields = { ttlSeconds: 60, capabilities: ['search'] }
  await store.add({ ...fields, agentId: 'c', ttlSeconds: 120 })
  store.clock.advance(1_000)
  for (const agentId of ['e', 'd', 'a']) await store.add({ ...fields, agentId })
  store.clock.advance(1_000)
  await store.repository.updateHeartbeat('c')
  store.clock.advance(1_000)
  await store.repository.updateHeartbeat('e')
  store.clock.advance(1_000)
  await store.add({ ...fields, agentId: 'b', load: 0 })
  return store
}

/** Reported later, because a heartbeat that reports a load changes the order by last heartbeat. */
const LOADS: Readonly<Record<string, number>> = { a: 1, d: 0.5 }

export function describeQuerySorting(subject: ConformanceSubject): void {
  describe('a sorted list', () => {
    test('is in order, with ties by id, and agents without a load last in both directions', async () => {
      await using store = await openFleet(subject)
      const byTime = AGENT_SORTS.filter((sort) => !sort.endsWith('load'))
      for (const sort of byTime) expect(await store.listed({ sort }), sort).toEqual(EXPECTED[sort])
      for (const [agentId, load] of Object.entries(LOADS)) {
        await store.repository.updateHeartbeat(agentId, { load })
      }
      for (const sort of ['load', '-load'] as const) {
        expect(await store.listed({ sort }), sort).toEqual(EXPECTED[sort])
      }
    })

    test('can be limited, and can continue after any of its agents', async () => {
      await using store = await openFleet(subject)
      for (const sort of AGENT_SORTS) {
        for (const query of [{ sort }, { sort, capabilities: ['search'] }]) {
          const whole = await store.list(query)
          for (let limit = 0; limit <= whole.length + 1; limit++) {
            expect(await store.list({ ...query, limit })).toEqual(whole.slice(0, limit))
          }
          for (const [index, agent] of whole.entries()) {
            const after = positionOf(agent, sort)
            expect(await store.list({ ...query, after })).toEqual(whole.slice(index + 1))
            expect(await store.list({ ...query, after, limit: 1 })).toEqual(
              whole.slice(index + 1, index + 2),
            )
          }
        }
      }
    })

    test('reflects every heartbeat and every reported load', async () => {
      await using store = await openFleet(subject)
      store.clock.advance(1_000)
      await store.repository.updateHeartbeat('d', { load: 0.25 })
      expect(await store.listed({ sort: '-last_heartbeat', limit: 1 })).toEqual(['d'])
      expect(await store.listed({ sort: '-load' })).toEqual(['d', 'b', 'a', 'c', 'e'])
      await store.repository.updateHeartbeats([{ agentId: 'c', load: 0.75 }])
      expect(await store.listed({ sort: '-load' })).toEqual(['c', 'd', 'b', 'a', 'e'])
      await store.add({ agentId: 'd', load: null })
      expect(await store.listed({ sort: 'load' })).toEqual(['b', 'c', 'a', 'd', 'e'])
      // Registering again keeps the position, unless the agent was removed in between.
      expect((await store.listed({ sort: 'registered_at' })).at(-1)).toBe('b')
      await store.repository.delete('c')
      await store.add({ agentId: 'c' })
      expect((await store.listed({ sort: 'registered_at' })).at(-1)).toBe('c')
    })

    test('contains dead agents in their positions when requested', async () => {
      await using store = await openFleet(subject)
      store.clock.advance(57_000)
      const dead = ['a', 'd']
      for (const sort of [
        'registered_at',
        '-registered_at',
        '-last_heartbeat',
        'expires_at',
      ] as const) {
        const alive = EXPECTED[sort].filter((agentId) => !dead.includes(agentId))
        expect(await store.listed({ sort })).toEqual(alive)
        expect(await store.listed({ sort, includeDead: true })).toEqual(EXPECTED[sort])
        expect(await store.listed({ sort, statuses: ['expired'] })).toEqual(
          EXPECTED[sort].filter((agentId) => dead.includes(agentId)),
        )
      }
    })

    test('returns the first few of many, in either direction', async () => {
      await using store = await StoreUnderTest.open(subject)
      const ids = Array.from({ length: 500 }, (_, index) => nthId(index))
      await store.addMany(ids.length, { ttlSeconds: 3_600 })
      // Distinct loads, in an order unrelated to that of the ids.
      const loads = ids.map((agentId, index) => ({ agentId, load: ((index * 7) % 500) / 500 }))
      await store.repository.updateHeartbeats(loads)
      const sorted = loads.toSorted((a, b) => a.load - b.load).map(({ agentId }) => agentId)
      for (const limit of [1, 2, 63, 250, 499]) {
        expect(await store.listed({ sort: 'load', limit })).toEqual(sorted.slice(0, limit))
        expect(await store.listed({ sort: '-load', limit })).toEqual(
          sorted.toReversed().slice(0, limit),
        )
      }
    })
  })
}

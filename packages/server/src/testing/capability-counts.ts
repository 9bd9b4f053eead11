import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { CapabilityCounter, type CapabilityCounts } from '../domain/capability-counts.ts'
import { viewStatus } from '../domain/query/agent-filter.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

/** Agents that change while others are counted. */
const AGENTS = 200
const TTL_SECONDS = 10

export function describeCapabilityCounts(subject: ConformanceSubject): void {
  describe('the counts of agents by capability match the list', () => {
    async function expectCounts(store: StoreUnderTest, capabilities: readonly string[]) {
      const counted = await store.repository.countByCapability()
      expect(toObject(counted)).toEqual(toObject(await listed(store)))
      expect(counted.size).toBe(capabilities.length)
      expect(counted.isComplete).toBe(true)
      expect(Object.keys(toObject(counted)).toSorted()).toEqual(capabilities)
    }

    test('for an empty store', async () => {
      await using store = await StoreUnderTest.open(subject)
      await expectCounts(store, [])
    })

    test('for agents that existed before the first call', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a', capabilities: ['search', 'plan'] })
      await store.add({ agentId: 'b', capabilities: ['search'], status: 'busy' })
      await store.add({ agentId: 'c' })
      await expectCounts(store, ['plan', 'search'])
    })

    test('after every kind of transition', async () => {
      await using store = await StoreUnderTest.open(subject)
      await expectCounts(store, [])
      const ttlSeconds = TTL_SECONDS
      await store.add({ agentId: 'a', ttlSeconds: 60, capabilities: ['search', 'plan'] })
      await store.add({ agentId: 'b', ttlSeconds, capabilities: ['search'], status: 'busy' })
      await store.add({ agentId: 'c', ttlSeconds, capabilities: ['code'] })
      await expectCounts(store, ['code', 'plan', 'search'])
      await store.repository.updateHeartbeat('a', { status: 'draining' })
      await expectCounts(store, ['code', 'plan', 'search'])
      await store.add({ agentId: 'a', ttlSeconds: 60, capabilities: ['search', 'write'] })
      await expectCounts(store, ['code', 'search', 'write'])
      // Lapsed, first unswept, then swept.
      store.clock.advance(ttlSeconds * 1000)
      await expectCounts(store, ['code', 'search', 'write'])
      expect(await store.sweep()).toBe(2)
      await expectCounts(store, ['code', 'search', 'write'])
      await store.repository.updateHeartbeat('b')
      await expectCounts(store, ['code', 'search', 'write'])
      await store.repository.deleteExpired()
      await expectCounts(store, ['search', 'write'])
      await store.repository.setMaintenance('*', { reason: 'upgrade', by: 'ann' })
      await expectCounts(store, ['search', 'write'])
      await store.repository.endMaintenance('*')
      await store.repository.delete('a')
      await expectCounts(store, ['search'])
    })

    test('when an agent names a capability twice, or one that is a name of every object', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a', capabilities: ['x', '__proto__', 'x'] })
      await expectCounts(store, ['__proto__', 'x'])
      await store.add({ agentId: 'b', capabilities: ['x', 'x', 'constructor'] })
      await expectCounts(store, ['__proto__', 'constructor', 'x'])
      await store.repository.delete('a')
      await expectCounts(store, ['constructor', 'x'])
    })

    test('once changes that were made during the first count have become visible', async () => {
      await using store = await StoreUnderTest.open(subject)
      const changes = Promise.all(
        Array.from({ length: AGENTS }, async (_, index) => {
          await store.add({ agentId: nthId(index), capabilities: ['all', `c${index % 7}`] })
          if (index % 3 === 0) await store.repository.delete(nthId(index))
        }),
      )
      let isDone = false
      void changes.finally(() => {
        isDone = true
      })
      while (!isDone) {
        await store.repository.countByCapability()
        await setImmediate()
      }
      await changes
      await expectCounts(store, ['all', 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6'])
    })

    if (subject.durable) {
      test('after a restart', async () => {
        await using store = await StoreUnderTest.open(subject)
        await store.add({ agentId: 'a', capabilities: ['search'], status: 'busy' })
        await store.add({ agentId: 'b', capabilities: ['plan'], ttlSeconds: 1 })
        await expectCounts(store, ['plan', 'search'])
        store.clock.advance(1000)
        await store.sweep()
        await store.restart()
        await expectCounts(store, ['plan', 'search'])
        await store.add({ agentId: 'a', capabilities: ['write'] })
        await expectCounts(store, ['plan', 'write'])
      })
    }
  })
}

/** Counts the agents of the list. */
async function listed(store: StoreUnderTest): Promise<CapabilityCounts> {
  const counter = new CapabilityCounter()
  for (const agent of await store.list({ includeDead: true })) {
    for (const capability of new Set(agent.capabilities)) {
      counter.add([capability], viewStatus(agent))
    }
  }
  return counter
}

function toObject(counts: CapabilityCounts): Record<string, unknown> {
  return Object.fromEntries([...counts].map(([name, each]) => [name, { ...each }]))
}

import { describe, expect, test } from 'vitest'
import { viewStatus } from '../domain/query/agent-filter.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

export function describeStatusCounts(subject: ConformanceSubject): void {
  describe('the counts of agents by status match the list', () => {
    async function expectCounts(store: StoreUnderTest): Promise<void> {
      const counts = { ready: 0, busy: 0, draining: 0, suspect: 0, expired: 0 }
      for (const agent of await store.list({ includeDead: true })) {
        counts[viewStatus(agent)]++
      }
      expect(await store.repository.countByStatus()).toEqual(counts)
    }

    test('for an empty store', async () => {
      await using store = await StoreUnderTest.open(subject)
      await expectCounts(store)
    })

    test('after every kind of transition', async () => {
      await using store = await StoreUnderTest.open(subject)
      await expectCounts(store)
      await store.add({ agentId: 'a', ttlSeconds: 60 })
      await store.add({ agentId: 'b', ttlSeconds: 10, status: 'busy' })
      await store.add({ agentId: 'c', ttlSeconds: 10 })
      await store.add({ agentId: 'd', ttlSeconds: 10, status: 'draining' })
      await expectCounts(store)
      await store.repository.updateHeartbeat('a', { status: 'busy' })
      await store.repository.updateHeartbeat('c', { status: 'draining' })
      await expectCounts(store)
      await store.add({ agentId: 'a', ttlSeconds: 60, status: 'ready' })
      await expectCounts(store)
      // Lapsed, first unswept, then swept.
      store.clock.advance(10_000)
      await expectCounts(store)
      expect(await store.sweep()).toBe(3)
      await expectCounts(store)
      await store.repository.updateHeartbeat('b')
      await store.repository.updateHeartbeat('c', { status: 'ready' })
      await expectCounts(store)
      await store.repository.setMaintenance('*', { reason: 'upgrade', by: 'ann' })
      await expectCounts(store)
      await store.repository.updateHeartbeat('a', { status: 'ready' })
      await expectCounts(store)
      await store.repository.endMaintenance('*')
      await expectCounts(store)
      await store.repository.delete('b')
      await store.repository.delete('d')
      await expectCounts(store)
      store.clock.advance(10_000)
      await store.repository.deleteExpired()
      await expectCounts(store)
      expect(await store.repository.countByStatus()).toEqual({
        ready: 1,
        busy: 0,
        draining: 0,
        suspect: 0,
        expired: 0,
      })
    })

    test('for agents that existed before the first call', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(20, { status: 'busy' })
      await store.addMany(10, { status: 'draining' })
      await expectCounts(store)
    })

    if (subject.durable) {
      test('after a restart', async () => {
        await using store = await StoreUnderTest.open(subject)
        await store.addMany(5, { status: 'busy', ttlSeconds: 60 })
        await store.add({ agentId: 'short', ttlSeconds: 1 })
        store.clock.advance(1000)
        await store.sweep()
        await store.restart()
        await expectCounts(store)
      })
    }
  })
}

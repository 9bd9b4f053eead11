import { describe, expect, test } from 'vitest'
import type { LoadListener } from '../domain/load-subscription.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

type Report = Parameters<LoadListener>

/** Tests `followLoads`; skipped for stores that do not implement it. */
export function describeLoadReports(subject: ConformanceSubject): void {
  describe('the loads that agents report', () => {
    test('reach followers, with the time of the heartbeat that reported them', async (context) => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      if (repository.followLoads === undefined) return context.skip('it has no followLoads')
      const addedAt = (await store.add({ agentId: 'a', load: 0.1 })).lastHeartbeatMs
      await store.add({ agentId: 'b' })
      const reports: Report[] = []
      const subscription = repository.followLoads((...report) => reports.push(report))
      await subscription.ready
      store.clock.advance(1000)
      await repository.updateHeartbeat('a')
      await repository.updateHeartbeat('b', { status: 'ready' })
      expect(reports).toEqual([])
      await repository.updateHeartbeat('a', { load: 0.2 })
      await repository.updateHeartbeats([
        { agentId: 'a', load: 0.3 },
        { agentId: 'b', load: 0.4 },
        { agentId: 'unknown', load: 0.5 },
      ])
      store.clock.advance(1000)
      await store.add({ agentId: 'a', load: null })
      expect(reports).toEqual([
        ['a', 0.2, addedAt + 1000],
        ['a', 0.3, addedAt + 1000],
        ['b', 0.4, addedAt + 1000],
        ['a', null, addedAt + 2000],
      ])
    })

    test('are the last ones of an agent in a batch', async (context) => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      if (repository.followLoads === undefined) return context.skip('it has no followLoads')
      await store.add({ agentId: 'a' })
      const reports: Report[] = []
      await repository.followLoads((...report) => reports.push(report)).ready
      await repository.updateHeartbeats([
        { agentId: 'a', load: 0.2 },
        { agentId: 'a', load: 0.3 },
      ])
      await repository.updateHeartbeat('a', { load: 0.6, status: 'busy' })
      expect(reports.map(([, load]) => load)).toEqual(expect.arrayContaining([0.3, 0.6]))
      expect(reports.at(-1)?.[1]).toBe(0.6)
    })

    test('do not reach a subscription that has ended', async (context) => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      if (repository.followLoads === undefined) return context.skip('it has no followLoads')
      await store.add({ agentId: 'a' })
      const reports: Report[] = []
      const listener: LoadListener = (...report) => reports.push(report)
      const [first, second] = [repository.followLoads(listener), repository.followLoads(listener)]
      first.end()
      first.end()
      await repository.updateHeartbeat('a', { load: 0.2 })
      expect(reports).toHaveLength(1)
      second.end()
      await repository.updateHeartbeat('a', { load: 0.3 })
      expect(reports).toHaveLength(1)
    })
  })
}

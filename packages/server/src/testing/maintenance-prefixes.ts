import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const ALL = { reason: 'moving house', by: 'ann' }
const TEAM = { reason: 'upgrade', by: 'bo' }
const ONE = { reason: 'replacing the disk', by: 'cy' }

/** For every store: what an operator decides about all agents whose ids begin the same. */
export function describeMaintenanceOfPrefixes(subject: ConformanceSubject): void {
  describe('maintenance of a prefix of ids', () => {
    test('covers the agents that are there, and those that register later', async () => {
      await using store = await StoreUnderTest.open(subject)
      const before = ['team', 'team-a', 'team-a:1', 'team-a:2', 'team-b:1', 'tea']
      for (const agentId of before) await store.add({ agentId })
      await store.repository.setMaintenance('team-a*', TEAM)
      await store.add({ agentId: 'team-a:3' })
      await store.add({ agentId: 'team-b:2' })
      const covered = ['team-a', 'team-a:1', 'team-a:2', 'team-a:3']
      expect(await store.listed({ statuses: ['draining'] })).toEqual(covered)
      expect(await store.repository.endMaintenance('team-a*')).toBe(true)
      expect(await store.listed({ statuses: ['draining'] })).toEqual([])
    })

    test('yields to that of a longer prefix, and to that of an id; each ends on its own', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      for (const agentId of ['a:x:1', 'a:x:2', 'a:y', 'b']) await store.add({ agentId })
      await repository.setMaintenance('a:x:1', ONE)
      await repository.setMaintenance('*', ALL)
      await repository.setMaintenance('a:x:*', TEAM)
      const reasons = async () =>
        (await store.list()).map(({ maintenance }) => maintenance?.reason ?? null)
      expect(await reasons()).toEqual([ONE.reason, TEAM.reason, ALL.reason, ALL.reason])
      expect(await repository.endMaintenance('a:*')).toBe(false)
      await repository.endMaintenance('a:x:1')
      expect(await reasons()).toEqual([TEAM.reason, TEAM.reason, ALL.reason, ALL.reason])
      await repository.endMaintenance('*')
      expect(await reasons()).toEqual([TEAM.reason, TEAM.reason, null, null])
      await repository.endMaintenance('a:x:*')
      expect(await reasons()).toEqual([null, null, null, null])
    })

    test('of the same length ends on its own', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const pattern of ['a:*', 'b:*']) await store.repository.setMaintenance(pattern, TEAM)
      await store.repository.endMaintenance('a:*')
      for (const agentId of ['a:1', 'b:1']) await store.add({ agentId })
      expect(await store.listed({ statuses: ['draining'] })).toEqual(['b:1'])
    })

    test('makes one transition for each agent, in batches', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(1100)
      await store.repository.setMaintenance('agent-0*', TEAM)
      const updates = (await store.transitions()).filter(({ type }) => type === 'updated')
      expect(updates.map(({ agentId }) => agentId).toSorted()).toEqual(
        Array.from({ length: 1000 }, (_, index) => nthId(index)),
      )
      expect(await store.listed({ statuses: ['draining'] })).toHaveLength(1000)
      await store.repository.setMaintenance('agent-0*', TEAM)
      expect(await store.revision()).toBe(2100)
    })

    test('covers agents that register while it is set', async () => {
      await using store = await StoreUnderTest.open(subject)
      const first = store.addMany(600)
      const set = store.repository.setMaintenance('agent-*', TEAM)
      const more = ['agent-x', 'agent-y'].map((agentId) => store.add({ agentId }))
      await Promise.all([first, set, ...more])
      expect(await store.listed({ statuses: ['draining'] })).toHaveLength(602)
    })
  })
}

import { describe, expect, test } from 'vitest'
import { positionOf } from '../domain/query/agent-query.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const TEAMS = ['team-a', 'team-a:1', 'team-a:2', 'team-a:x:1', 'team-aa:1', 'team-b:1', 'Team-a:1']

async function openTeams(subject: ConformanceSubject): Promise<StoreUnderTest> {
  const store = await StoreUnderTest.open(subject)
  for (const agentId of TEAMS) await store.add({ agentId, capabilities: ['work'] })
  return store
}

export function describeQueriesOfIds(subject: ConformanceSubject): void {
  describe('a query for ids', () => {
    test('matches ids, and all that begin so, case-sensitively', async () => {
      await using store = await openTeams(subject)
      const listed = (...agentIds: string[]) => store.listed({ agentIds })
      expect(await listed('team-a')).toEqual(['team-a'])
      expect(await listed('team-a:*')).toEqual(['team-a:1', 'team-a:2', 'team-a:x:1'])
      expect(await listed('team-a*')).toEqual(TEAMS.slice(0, 5))
      expect(await listed('Team-a:*')).toEqual(['Team-a:1'])
      expect(await listed('*')).toEqual(await store.listed())
      expect(await listed('team-c:*', 'team', 'team-a:11')).toEqual([])
    })

    test('matches any of several, each agent once and in order', async () => {
      await using store = await openTeams(subject)
      const agentIds = ['team-b:1', 'team-a:x:*', 'team-a:*', 'team-a:1', 'Team*', 'absent']
      expect(await store.listed({ agentIds })).toEqual([
        ...['Team-a:1', 'team-a:1', 'team-a:2', 'team-a:x:1', 'team-b:1'],
      ])
    })

    test('matches no agent if there are none', async () => {
      await using store = await openTeams(subject)
      for (const sort of ['agent_id', 'load'] as const) {
        expect(await store.listed({ agentIds: [], sort, includeDead: true })).toEqual([])
      }
    })

    test('combines with other conditions, orders and dead agents', async () => {
      await using store = await openTeams(subject)
      const agentIds = ['team-a:*', 'team-b:*']
      await store.repository.updateHeartbeat('team-a:2', { status: 'busy', load: 0.5 })
      expect(await store.listed({ agentIds, statuses: ['busy'] })).toEqual(['team-a:2'])
      expect(await store.listed({ agentIds, capabilities: ['play'] })).toEqual([])
      expect(await store.listed({ agentIds, text: 'x:1' })).toEqual(['team-a:x:1'])
      const byLoad = await store.listed({ agentIds, sort: '-load', limit: 2 })
      expect(byLoad).toEqual(['team-a:2', 'team-a:1'])
      store.clock.advance(9_999)
      await store.repository.updateHeartbeat('team-b:1')
      store.clock.advance(1)
      expect(await store.listed({ agentIds })).toEqual(['team-b:1'])
      expect(await store.listed({ agentIds, includeDead: true })).toHaveLength(4)
      expect(await store.listed({ agentIds, aliveBy: 'transitions' })).toHaveLength(4)
    })

    test('is read page by page, also past the ids of other agents', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(300)
      await store.add({ agentId: 'z' })
      const agentIds = ['agent-000*', 'agent-01*', 'agent-0299', 'z*']
      const expected = [
        ...Array.from({ length: 10 }, (_, index) => nthId(index)),
        ...Array.from({ length: 100 }, (_, index) => nthId(100 + index)),
        ...['agent-0299', 'z'],
      ]
      for (const sort of ['agent_id', '-load'] as const) {
        const found: string[] = []
        for (let after: ReturnType<typeof positionOf> | undefined; ; ) {
          const page = await store.list({ agentIds, sort, limit: 7, after })
          const last = page.at(-1)
          if (last === undefined) break
          after = positionOf(last, sort)
          found.push(...page.map(({ agentId }) => agentId))
        }
        expect(found, sort).toEqual(expected)
      }
    })
  })
}

import { describe, expect, test } from 'vitest'
import type { AgentRegistration } from '../domain/agent-registration.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

/** Agents that share some values, but differ in others. */
const FLEET: readonly Partial<AgentRegistration>[] = [
  { agentId: 'a1', agentName: 'Search', capabilities: ['search'], metadata: { zone: 'eu' } },
  { agentId: 'a2', agentName: 'Search 2', capabilities: ['search', 'sum'], status: 'busy' },
  { agentId: 'b1', agentName: 'search', capabilities: ['sum'], metadata: { zone: 'us' } },
  { agentId: 'b2', agentName: 'Sear*', capabilities: ['Search'], status: 'draining' },
  { agentId: 'c1', agentName: 'Müller 🛰', capabilities: ['übersetzen'], status: 'busy' },
]

async function openFleet(subject: ConformanceSubject): Promise<StoreUnderTest> {
  const store = await StoreUnderTest.open(subject)
  for (const fields of FLEET) await store.add(fields)
  return store
}

export function describeQueries(subject: ConformanceSubject): void {
  describe('a query', () => {
    test('without conditions lists all agents', async () => {
      await using store = await openFleet(subject)
      const all = await store.list()
      expect(all).toHaveLength(FLEET.length)
      const none = { capabilities: [], statuses: [], metadata: [], text: ' \t' }
      for (const query of [{}, none, { name: '*' }, { includeDead: true }]) {
        expect(await store.list(query)).toEqual(all)
      }
    })

    test('returns the same records as single reads', async () => {
      await using store = await openFleet(subject)
      for (const agent of await store.list({ capabilities: ['search'] })) {
        expect(agent).toEqual(await store.get(agent.agentId))
      }
    })

    test('for a name matches exactly that name, case-sensitively', async () => {
      await using store = await openFleet(subject)
      await store.add({ agentId: 'a0', agentName: 'Search' })
      expect(await store.listed({ name: 'Search' })).toEqual(['a0', 'a1'])
      expect(await store.listed({ name: 'search' })).toEqual(['b1'])
      expect(await store.listed({ name: 'Müller 🛰' })).toEqual(['c1'])
      for (const name of ['Sear', 'SEARCH', 'Search ', '']) {
        expect(await store.listed({ name }), name).toEqual([])
      }
    })

    test('for a name that ends with an asterisk matches the prefix', async () => {
      await using store = await openFleet(subject)
      expect(await store.listed({ name: 'Sear*' })).toEqual(['a1', 'a2', 'b2'])
      expect(await store.listed({ name: 'Search*' })).toEqual(['a1', 'a2'])
      expect(await store.listed({ name: 'Mü*' })).toEqual(['c1'])
      // Only the last asterisk is a wildcard.
      expect(await store.listed({ name: 'Sear**' })).toEqual(['b2'])
      expect(await store.listed({ name: '*Search' })).toEqual([])
      expect(await store.listed({ name: 'Searching*' })).toEqual([])
    })

    test('for capabilities matches agents that have all of them', async () => {
      await using store = await openFleet(subject)
      await store.add({ agentId: 'd', metadata: { capabilities: ['sum', 'plan'] } })
      expect(await store.listed({ capabilities: ['sum'] })).toEqual(['a2', 'b1', 'd'])
      expect(await store.listed({ capabilities: ['sum', 'search'] })).toEqual(['a2'])
      expect(await store.listed({ capabilities: ['sum', 'sum', 'plan'] })).toEqual(['d'])
      expect(await store.listed({ capabilities: ['übersetzen'] })).toEqual(['c1'])
      expect(await store.listed({ capabilities: ['sum', 'fly'] })).toEqual([])
      expect(await store.listed({ capabilities: ['SUM'] })).toEqual([])
    })

    test('for statuses matches agents with any of them', async () => {
      await using store = await openFleet(subject)
      expect(await store.listed({ statuses: ['ready'] })).toEqual(['a1', 'b1'])
      expect(await store.listed({ statuses: ['busy', 'draining'] })).toEqual(['a2', 'b2', 'c1'])
      await store.repository.updateHeartbeat('a1', { status: 'busy' })
      expect(await store.listed({ statuses: ['ready'] })).toEqual(['b1'])
      expect(await store.listed({ statuses: ['busy'] })).toEqual(['a1', 'a2', 'c1'])
    })

    test('for `expired` matches dead agents, swept or not, whatever status they reported', async () => {
      await using store = await openFleet(subject)
      const { clock, repository } = store
      const expectExpired = async (...ids: string[]) => {
        expect(await store.listed({ statuses: ['expired'] })).toEqual(ids)
      }
      await expectExpired()
      clock.advance(9_999)
      await repository.updateHeartbeat('a1')
      await repository.updateHeartbeat('c1')
      await expectExpired()
      clock.advance(1)
      await expectExpired('a2', 'b1', 'b2')
      expect(await store.listed({ statuses: ['expired', 'ready'] })).toEqual([
        ...['a1', 'a2', 'b1', 'b2'],
      ])
      await store.sweep()
      await expectExpired('a2', 'b1', 'b2')
      // The last reported status of a dead agent never matches, even with `includeDead`.
      expect(await store.listed({ statuses: ['busy'], includeDead: true })).toEqual(['c1'])
      await repository.updateHeartbeat('a2')
      await expectExpired('b1', 'b2')
      await repository.deleteExpired()
      await expectExpired()
    })

    test('includes dead agents that match otherwise only on request', async () => {
      await using store = await openFleet(subject)
      const query = { capabilities: ['search'] }
      store.clock.advance(9_999)
      await store.repository.updateHeartbeat('a1')
      store.clock.advance(1)
      for (const sweep of [async () => 0, () => store.sweep()]) {
        await sweep()
        expect(await store.listed(query)).toEqual(['a1'])
        expect(await store.list({ ...query, includeDead: true })).toMatchObject([
          { agentId: 'a1', alive: true },
          { agentId: 'a2', alive: false },
        ])
      }
    })

    test('can go by transitions: then a lapse counts only once it is swept', async () => {
      await using store = await openFleet(subject)
      const aliveBy = 'transitions'
      const all = await store.listed()
      const found = { ready: ['a1', 'b1'], search: ['a1', 'a2'] }
      store.clock.advance(10_000)
      for (const agent of await store.list({ aliveBy })) expect(agent.alive).toBe(true)
      expect(await store.listed({ aliveBy })).toEqual(all)
      expect(await store.listed({ aliveBy, statuses: ['ready'] })).toEqual(found.ready)
      expect(await store.listed({ aliveBy, capabilities: ['search'] })).toEqual(found.search)
      expect(await store.listed({ aliveBy, statuses: ['expired'] })).toEqual([])
      expect(await store.listed({ aliveBy: 'clock' })).toEqual([])
      await store.sweep()
      expect(await store.listed({ aliveBy })).toEqual([])
      expect(await store.listed({ aliveBy, statuses: ['expired'] })).toEqual(all)
      const dead = await store.list({ aliveBy, includeDead: true, sort: 'load' })
      expect(dead.map(({ alive }) => alive)).toEqual(all.map(() => false))
    })

    test('lists the agents that match all its conditions', async () => {
      await using store = await openFleet(subject)
      const query = { name: 'Search*', capabilities: ['search'], text: 'A' }
      expect(await store.listed(query)).toEqual(['a1', 'a2'])
      expect(await store.listed({ ...query, statuses: ['busy'] })).toEqual(['a2'])
      const inEurope = [{ path: 'zone', value: 'eu' }]
      expect(await store.listed({ ...query, metadata: inEurope })).toEqual(['a1'])
      expect(await store.listed({ ...query, statuses: ['busy'], metadata: inEurope })).toEqual([])
    })

    test('reflects registrations that change an agent, and removals', async () => {
      await using store = await openFleet(subject)
      const query = { capabilities: ['search'], text: 'search' }
      await store.add({ agentId: 'a1', agentName: 'Plan', capabilities: ['plan'] })
      expect(await store.listed(query)).toEqual(['a2'])
      expect(await store.listed({ name: 'Plan', text: 'plan' })).toEqual(['a1'])
      expect(await store.listed({ metadata: [{ path: 'zone', value: 'eu' }] })).toEqual([])
      await store.add({ agentId: 'b1', agentName: 'Find', capabilities: ['search'] })
      expect(await store.listed(query)).toEqual(['a2', 'b1'])
      await store.repository.delete('a2')
      expect(await store.listed(query)).toEqual(['b1'])
      store.clock.advance(10_000)
      await store.repository.deleteExpired()
      expect(await store.listed({ ...query, includeDead: true })).toEqual([])
      await store.add({ agentId: 'a2', agentName: 'Search', capabilities: ['search'] })
      expect(await store.listed(query)).toEqual(['a2'])
    })
  })
}

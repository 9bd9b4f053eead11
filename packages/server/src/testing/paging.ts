import { AGENT_SORTS } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import type { AgentRecord } from '../domain/agent-record.ts'
import type { AgentRegistration } from '../domain/agent-registration.ts'
import { type AgentQuery, positionOf } from '../domain/query/agent-query.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

/** Reads a list page by page, as a client does, and calls `between` after each page. */
async function readPages(
  store: StoreUnderTest,
  query: AgentQuery & { readonly limit: number },
  between: (page: readonly AgentRecord[], round: number) => Promise<unknown> = async () => {},
): Promise<AgentRecord[]> {
  const seen: AgentRecord[] = []
  let after = query.after
  for (let round = 0; ; round++) {
    if (round > 1_000) throw new Error('the list never ends')
    const page = await store.list({ ...query, after })
    seen.push(...page)
    const last = page.at(-1)
    if (last === undefined || page.length < query.limit) return seen
    after = positionOf(last, query.sort)
    await between(page, round)
  }
}

const UNCHANGED = 'unchanged'

/** Opens a store where one agent in three stays unchanged. Loads, times and ids sort differently. */
async function openFleet(subject: ConformanceSubject, count: number): Promise<StoreUnderTest> {
  const store = await StoreUnderTest.open(subject)
  for (let part = 0; part < PARTS; part++) {
    const numbers = Array.from({ length: count / PARTS }, (_, nth) => nth * PARTS + part)
    await Promise.all(numbers.map((number) => store.add(memberOf(number))))
    store.clock.advance(1)
  }
  return store
}

/** Groups that register one after the other, so that the order of times differs from that of ids. */
const PARTS = 5

function memberOf(number: number): Partial<AgentRegistration> {
  return {
    agentId: nthId(number),
    ttlSeconds: 3_600,
    capabilities: number % 3 === 0 ? [UNCHANGED, 'search'] : ['search'],
    load: number % 4 === 0 ? null : ((number * 11) % 7) / 7,
  }
}

const idsOf = (agents: readonly AgentRecord[]): string[] => agents.map(({ agentId }) => agentId)
const unchangedIn = (agents: readonly AgentRecord[]): string[] =>
  idsOf(agents.filter(({ capabilities }) => capabilities.includes(UNCHANGED)))

export function describePaging(subject: ConformanceSubject): void {
  describe('page by page', () => {
    test('a list is the same as when read at once, in every order and with every condition', async () => {
      await using store = await openFleet(subject, 60)
      const conditions = [{}, { capabilities: [UNCHANGED] }, { name: 'Sc*', text: 'scout' }]
      for (const sort of AGENT_SORTS) {
        for (const condition of conditions) {
          const whole = await store.list({ ...condition, sort })
          for (const limit of [1, 7, 60]) {
            expect(await readPages(store, { ...condition, sort, limit })).toEqual(whole)
          }
        }
      }
    })

    test('unchanged agents appear exactly once, whatever happens to the others', async () => {
      const sorted = AGENT_SORTS.map((sort) => ({ sort, capabilities: ['search'] }))
      for (const query of [{}, ...sorted]) {
        await using store = await openFleet(subject, 90)
        const { repository, clock } = store
        const expected = unchangedIn(await store.list(query))
        const seen = await readPages(store, { ...query, limit: 7 }, async (_page, round) => {
          clock.advance(1)
          // Across the fleet, before and after the cursor.
          const [removed = '', renewed = '', agentId = ''] = [1, 31, 61].map((n) =>
            nthId(n + 3 * (round % 10)),
          )
          await Promise.all([
            repository.delete(removed),
            repository.updateHeartbeat(renewed, { load: (round % 3) / 2, status: 'busy' }),
            store.add({ agentId, ttlSeconds: 3_600, capabilities: ['search', 'new'] }),
            store.add({ agentId: `${nthId(30)}-${round}`, capabilities: ['search'] }),
            store.add({ agentId: `0-${round}`, capabilities: ['search'], load: 1 }),
          ])
        })
        expect(unchangedIn(seen), JSON.stringify(query)).toEqual(expected)
      }
    })

    test('a list continues after an agent that was removed or has moved', async () => {
      await using store = await openFleet(subject, 30)
      const sort = '-last_heartbeat'
      const whole = await store.list({ sort })
      const last = whole[9] as AgentRecord
      const after = positionOf(last, sort)
      store.clock.advance(1)
      await store.repository.updateHeartbeat(last.agentId)
      expect(await store.list({ sort, after })).toEqual(whole.slice(10))
      await store.repository.delete(last.agentId)
      expect(await store.list({ sort, after })).toEqual(whole.slice(10))
      for (const { agentId } of whole) await store.repository.delete(agentId)
      expect(await store.list({ sort, after })).toEqual([])
    })

    test('only dead agents disappear from the list of live agents', async () => {
      for (const sort of AGENT_SORTS) {
        await using store = await StoreUnderTest.open(subject)
        await store.addMany(40)
        store.clock.advance(9_000)
        const renewed = Array.from({ length: 20 }, (_, index) => nthId(2 * index))
        await store.repository.updateHeartbeats(renewed.map((agentId) => ({ agentId })))
        const before = await store.listed({ sort })
        let rounds = 0
        const seen = await readPages(store, { sort, limit: 5 }, async () => {
          if (rounds++ === 1) store.clock.advance(1_000)
          else if (rounds === 3) await store.sweep()
        })
        const expected = before.filter((agentId, index) => index < 10 || renewed.includes(agentId))
        expect(idsOf(seen), sort).toEqual(expected)
      }
    })

    test('a list that started on an empty registry contains no agent twice', async () => {
      await using store = await StoreUnderTest.open(subject)
      expect(await readPages(store, { limit: 10 })).toEqual([])
      await store.add()
      const after = positionOf(await store.get())
      expect(await store.list({ limit: 10, after })).toEqual([])
      await store.add({ agentId: 'zoe' })
      expect(await store.listed({ limit: 10, after })).toEqual(['zoe'])
    })
  })

  describe('a query with hundreds of matches that is read slowly', () => {
    for (const [change, act] of Object.entries(CHANGES)) {
      test.each(QUERIES)(`by %j contains each agent once, even if ${change}`, async (query) => {
        await using store = await StoreUnderTest.open(subject)
        await store.addMany(400, { capabilities: ['search'] })
        const seen: string[] = []
        for await (const page of store.repository.listAll(query)) {
          // The first page stays unchanged, so that a store that starts over returns it again.
          if (seen.length > 0) await act(store, idsOf(page))
          seen.push(...idsOf(page))
          if (seen.length > 1_000) break
        }
        const firstOnes = seen.filter((agentId) => /^agent-\d+$/.test(agentId))
        expect(firstOnes).toEqual(Array.from({ length: 400 }, (_, index) => nthId(index)))
        expect(new Set(seen).size).toBe(seen.length)
      })
    }
  })
}

/** Queries that use different indexes, all in order of the id. */
const QUERIES: readonly AgentQuery[] = [
  { capabilities: ['search'] },
  { name: 'Scout' },
  { name: 'Scou*' },
  { statuses: ['ready'] },
  { text: 'scout' },
  { text: 'sc' },
]

/** Changes made between two pages. */
const CHANGES: Readonly<
  Record<string, (store: StoreUnderTest, page: readonly string[]) => Promise<unknown>>
> = {
  'agents are added between those of a page': async (store, page) => {
    const middle = page[Math.floor(page.length / 2)]
    await store.add({ agentId: `${middle}-new`, capabilities: ['search'] })
  },
  'the agents of a page are removed': async (store, page) => {
    await Promise.all(page.map((agentId) => store.repository.delete(agentId)))
  },
  'the agents of a page no longer match': async (store, page) => {
    await Promise.all(
      page.map((agentId) => store.add({ agentId, agentName: 'Other', status: 'busy' })),
    )
  },
}

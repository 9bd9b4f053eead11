import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const MIXED_IDS = ['b', 'a', 'B', 'A', '_', '-', '.', '10', '9', 'a-b', 'a.b', 'a_b', 'a:b', 'ab']

export function describeListing(subject: ConformanceSubject): void {
  describe('the list', () => {
    test('is empty for an empty registry', async () => {
      await using store = await StoreUnderTest.open(subject)
      expect(await store.list({ includeDead: true })).toEqual([])
    })

    test('is sorted by id, character by character', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const agentId of MIXED_IDS) await store.add({ agentId })
      expect(await store.listed()).toEqual(MIXED_IDS.toSorted())
    })

    test('excludes dead agents, swept or not, unless requested', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'expired', ttlSeconds: 1 })
      store.clock.advance(1_000)
      await store.sweep()
      await store.add({ agentId: 'lapsed', ttlSeconds: 1 })
      await store.add({ agentId: 'alive', ttlSeconds: 2 })
      store.clock.advance(1_000)
      expect(await store.listed()).toEqual(['alive'])
      expect(await store.list({ includeDead: true })).toMatchObject([
        { agentId: 'alive', alive: true },
        { agentId: 'expired', alive: false },
        { agentId: 'lapsed', alive: false },
      ])
    })

    test('contains the same records as single reads', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(300, { metadata: { zone: 'a' }, capabilities: ['search'] })
      await store.repository.updateHeartbeat(nthId(7), { status: 'busy', load: 0.5 })
      for (const agent of await store.list()) expect(await store.get(agent.agentId)).toEqual(agent)
    })

    test('reflects every change when read again', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a' })
      await store.add({ agentId: 'b' })
      const { repository, clock } = store
      const expectList = async (expected: object[]) => {
        expect(await store.list({ includeDead: true })).toMatchObject(expected)
        expect(await store.list()).toMatchObject(
          expected.filter(({ alive = true }: Expected) => alive),
        )
      }
      await expectList([{ agentId: 'a' }, { agentId: 'b' }])
      clock.advance(4_000)
      await repository.updateHeartbeat('a', { load: 0.5 })
      await expectList([{ load: 0.5, lastHeartbeatMs: clock.wallMs() }, { load: null }])
      await repository.updateHeartbeats([{ agentId: 'b', load: 0.6 }])
      await expectList([{ load: 0.5 }, { load: 0.6, lastHeartbeatMs: clock.wallMs() }])
      await repository.updateHeartbeat('a', { status: 'busy' })
      await expectList([{ status: 'busy' }, { status: 'ready' }])
      await store.add({ agentId: 'a', port: 1 })
      await expectList([{ port: 1 }, { port: 8000 }])
      await store.add({ agentId: 'aa' })
      await expectList([{ agentId: 'a' }, { agentId: 'aa' }, { agentId: 'b' }])
      await repository.delete('aa')
      await expectList([{ agentId: 'a' }, { agentId: 'b' }])
      clock.advance(9_999)
      await repository.updateHeartbeat('b')
      await expectList([{ alive: true }, { alive: true }])
      clock.advance(1)
      await expectList([{ alive: false }, { alive: true }])
      await repository.deleteExpired()
      await expectList([{ agentId: 'b' }])
    })

    test('contains agents that exist throughout exactly once, whatever changes meanwhile', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(1000)
      const seen: string[] = []
      let round = 0
      for await (const page of store.repository.listAll()) {
        for (const { agentId } of page) seen.push(agentId)
        // Multiples of 10 stay. Before and after the cursor, other agents are removed and added.
        for (const start of round < 10 ? [1, 501, 901] : []) {
          await store.repository.delete(nthId(start + 10 * round))
          await store.add({ agentId: `${nthId(start)}-new-${round}` })
        }
        round++
      }
      expect(seen).toEqual([...new Set(seen)].toSorted())
      const stayed = Array.from({ length: 100 }, (_, index) => nthId(10 * index))
      expect(seen.filter((agentId) => /^agent-...0$/.test(agentId))).toEqual(stayed)
    })

    test('can be abandoned before its end', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(500)
      for await (const page of store.repository.listAll()) {
        expect(page[0]?.agentId).toBe(nthId(0))
        break
      }
      expect(await store.listed()).toHaveLength(500)
    })
  })
}

interface Expected {
  readonly alive?: boolean
}

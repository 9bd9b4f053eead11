import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { expectContinued } from './continued-history.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

/** For durable stores: their state after they were closed and reopened. */
export function describeStateAfterRestart(subject: ConformanceSubject): void {
  describe('a restart preserves', () => {
    test('every record', async () => {
      await using store = await StoreUnderTest.open(subject)
      // More time left than the grace, so that the restart does not change the deadlines.
      const ttlSeconds = 300
      await store.add({ agentId: 'plain', ttlSeconds })
      await store.add({
        agentId: 'full',
        ttlSeconds,
        metadata: { zone: 'a', nested: { list: [1, null, 'ü'] } },
        capabilities: ['search', 'summarize'],
        version: '1.2.3',
        url: 'https://full.example/call',
        status: 'draining',
        load: 0.25,
      })
      await store.add({ agentId: 'text', ttlSeconds, metadata: ' {"b":1,  "a":2}', host: '::1' })
      await store.add({ agentId: 'expired', ttlSeconds: 1 })
      store.clock.advance(1_000)
      await store.sweep()
      const before = await store.list({ includeDead: true })
      await store.restart()
      expect(await store.list({ includeDead: true })).toEqual(before)
    })

    test('revision, epoch and history, and continues from them', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(20)
      await store.repository.delete(nthId(0))
      store.clock.advance(10_000)
      await store.sweep()
      await store.add({ agentId: nthId(1), metadata: { zone: 'a' } })
      const counts = await store.repository.counts()
      const history = await store.transitions()
      await store.restart({ awayMs: 60_000 })
      expectContinued(await store.repository.counts(), counts)
      expect(await store.transitions()).toEqual(history)
      const { revision } = await store.add({ agentId: 'next' })
      expect(revision).toBe(counts.revision + 1)
      expect((await store.transitions()).at(-1)).toMatchObject({ agentId: 'next', revision })
    })

    test('an empty registry', async () => {
      await using store = await StoreUnderTest.open(subject)
      const counts = await store.repository.counts()
      await store.restart({ awayMs: 60_000 })
      expectContinued(await store.repository.counts(), counts)
    })

    test('the last heartbeats, with their status and load', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(3)
      store.clock.advance(4_000)
      await store.repository.updateHeartbeat(nthId(0), { load: 0.5 })
      await store.repository.updateHeartbeats([{ agentId: nthId(1), status: 'busy', load: 0.7 }])
      const before = await store.list()
      await store.restart({ awayMs: 1 })
      expect(await store.list()).toMatchObject(
        before.map(({ agentId, status, load, lastHeartbeatMs }) => ({
          agentId,
          status,
          load,
          lastHeartbeatMs,
        })),
      )
    })

    test('the removal of agents that were deregistered or cleaned up', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(3)
      await store.repository.delete(nthId(0))
      store.clock.advance(5_000)
      await store.repository.updateHeartbeat(nthId(2))
      store.clock.advance(5_000)
      await store.repository.deleteExpired()
      await store.restart()
      expect(await store.list({ includeDead: true })).toMatchObject([{ agentId: nthId(2) }])
    })

    test('thousands of agents, in order', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(6_000)
      const before = await store.listed()
      await store.restart()
      expect(await store.listed()).toEqual(before)
      expect(await store.repository.counts()).toMatchObject({ registered: 6_000, alive: 6_000 })
    })

    test('the limit of a trimmed history', async () => {
      await using store = await StoreUnderTest.open(subject, { historyLimit: 10 })
      await store.addMany(30)
      await store.restart()
      expect(await store.transitionTypes(20)).toHaveLength(10)
      await expect(store.repository.eventsSince(19)).rejects.toMatchObject({
        code: 'REVISION_GONE',
      })
    })
  })
}

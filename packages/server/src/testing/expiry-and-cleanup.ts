import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

export function describeExpiryAndCleanup(subject: ConformanceSubject): void {
  describe('the sweep', () => {
    test('expires all due leases, each once, whatever their TTL', async () => {
      await using store = await StoreUnderTest.open(subject)
      const ttls = [1, 2, 131, 132, 263, 3_600, 86_400]
      for (const ttlSeconds of ttls) await store.add({ agentId: `ttl-${ttlSeconds}`, ttlSeconds })
      let passed = 0
      for (const ttlSeconds of ttls) {
        store.clock.advance(ttlSeconds * 1000 - passed - 1)
        expect(await store.sweep()).toBe(0)
        store.clock.advance(1)
        expect(await store.sweep()).toBe(1)
        passed = ttlSeconds * 1000
      }
      const expired = (await store.transitions()).filter(({ type }) => type === 'expired')
      expect(expired.map(({ agentId }) => agentId)).toEqual(ttls.map((ttl) => `ttl-${ttl}`))
    })

    test('expires at most `limit` leases, and reports whether there are more', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(25)
      store.clock.advance(10_000)
      expect(await store.repository.expireLapsed({ limit: 10 })).toEqual({
        expired: 10,
        more: true,
      })
      expect(await store.repository.counts()).toMatchObject({ alive: 0, lapsePending: true })
      expect(await store.repository.expireLapsed({ limit: 10 })).toEqual({
        expired: 10,
        more: true,
      })
      expect(await store.repository.expireLapsed({ limit: 10 })).toEqual({
        expired: 5,
        more: false,
      })
      expect(await store.repository.counts()).toMatchObject({ alive: 0, lapsePending: false })
    })

    test('records the time, the reason and the agent', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ status: 'busy', load: 0.5 })
      store.clock.advance(12_300)
      await store.sweep()
      const [, expired] = await store.transitions()
      expect(expired).toMatchObject({
        type: 'expired',
        revision: 2,
        agentId: 'scout',
        atMs: store.clock.wallMs(),
        reason: 'ttl lapsed: last heartbeat 12.3 s ago, ttl 10 s',
        agent: { alive: false, status: 'busy', load: 0.5, revision: 2 },
      })
    })

    test('does not change the last heartbeat', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { lastHeartbeatMs, expiresAtMs } = await store.add()
      store.clock.advance(60_000)
      await store.sweep()
      expect(await store.get()).toMatchObject({ lastHeartbeatMs, expiresAtMs })
    })

    test('expires a lease that was renewed repeatedly only at its last deadline', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      for (let count = 0; count < 100; count++) {
        store.clock.advance(9_999)
        expect(await store.sweep()).toBe(0)
        await store.repository.updateHeartbeat('scout')
      }
      store.clock.advance(10_000)
      expect(await store.sweep()).toBe(1)
    })
  })

  describe('the cleanup', () => {
    test('removes only dead agents, and returns how many', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(2500)
      store.clock.advance(5_000)
      const heartbeats = [{ agentId: nthId(0) }, { agentId: nthId(2000) }]
      await store.repository.updateHeartbeats(heartbeats)
      store.clock.advance(5_000)
      expect(await store.repository.deleteExpired()).toBe(2498)
      expect(await store.listed()).toEqual([nthId(0), nthId(2000)])
      expect(await store.repository.counts()).toMatchObject({
        registered: 2,
        alive: 2,
        revision: 2500 + 2 * 2498,
      })
    })

    test('also removes agents whose expiry is in flight', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(3)
      store.clock.advance(10_000)
      const sweep = store.repository.expireLapsed()
      expect(await store.repository.deleteExpired()).toBe(3)
      await sweep
      expect(await store.list({ includeDead: true })).toEqual([])
    })

    test('records the last state of each agent, which is unknown afterwards', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ metadata: { zone: 'a' } })
      store.clock.advance(10_000)
      await store.sweep()
      await store.repository.deleteExpired()
      expect((await store.transitions())[2]).toMatchObject({
        type: 'removed',
        agentId: 'scout',
        atMs: store.clock.wallMs(),
        agent: { metadataValue: { zone: 'a' }, alive: false, revision: 3 },
      })
      expect(await store.repository.get('scout')).toBeUndefined()
      expect(await store.repository.updateHeartbeat('scout')).toBeUndefined()
      expect(await store.repository.delete('scout')).toBe(false)
    })
  })
}

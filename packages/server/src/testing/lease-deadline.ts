import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

// Boundary tests: each event happens 1 ms before the deadline, at it, and 1 ms after it. At exactly the
// deadline the lease has lapsed.

const MOMENTS = [
  { moment: '1 ms before the deadline', offsetMs: -1, alive: true },
  { moment: 'at the deadline', offsetMs: 0, alive: false },
  { moment: '1 ms after the deadline', offsetMs: 1, alive: false },
] as const

const TTL_SECONDS = [1, 10, 3_600, 86_400] as const

export function describeLeaseDeadline(subject: ConformanceSubject): void {
  describe.each(MOMENTS)('$moment', ({ offsetMs, alive }) => {
    async function openAtMoment(ttlSeconds = 10): Promise<StoreUnderTest> {
      const store = await StoreUnderTest.open(subject)
      await store.add({ ttlSeconds })
      store.clock.advance(ttlSeconds * 1000 + offsetMs)
      return store
    }

    test.each(TTL_SECONDS)(`every read agrees, with a TTL of %i s`, async (ttlSeconds) => {
      await using store = await openAtMoment(ttlSeconds)
      const agent = await store.get()
      expect(agent.alive).toBe(alive)
      expect(agent.isAlive(store.clock.wallMs())).toBe(alive)
      expect(agent.expiresAtMs - agent.lastHeartbeatMs).toBe(ttlSeconds * 1000)
      expect(await store.listed()).toEqual(alive ? ['scout'] : [])
      expect(await store.list({ includeDead: true })).toEqual([agent])
      expect(await store.repository.counts()).toMatchObject({
        registered: 1,
        alive: alive ? 1 : 0,
        lapsePending: !alive,
      })
      expect(await store.transitionTypes(1)).toEqual([])
    })

    test('a heartbeat', async () => {
      await using store = await openAtMoment()
      const receipt = await store.repository.updateHeartbeat('scout')
      expect(receipt).toEqual({
        lastHeartbeatMs: store.clock.wallMs(),
        expiresAtMs: store.clock.wallMs() + 10_000,
        ttlSeconds: 10,
        revision: alive ? 1 : 3,
      })
      expect(await store.transitionTypes(1)).toEqual(alive ? [] : ['expired', 'revived'])
    })

    test('a heartbeat in a batch', async () => {
      await using store = await openAtMoment()
      const outcome = await store.repository.updateHeartbeats([{ agentId: 'scout' }])
      expect(outcome).toEqual({ ok: 1, unknown: [] })
      expect(await store.transitionTypes(1)).toEqual(alive ? [] : ['expired', 'revived'])
      expect(await store.listed()).toEqual(['scout'])
    })

    test('a registration', async () => {
      await using store = await openAtMoment()
      expect(await store.add()).toMatchObject({ alive: true, revision: alive ? 1 : 3 })
      expect(await store.transitionTypes(1)).toEqual(alive ? [] : ['expired', 'revived'])
    })

    test('a deregistration', async () => {
      await using store = await openAtMoment()
      expect(await store.repository.delete('scout')).toBe(true)
      expect(await store.transitionTypes(1)).toEqual(
        alive ? ['deregistered'] : ['expired', 'deregistered'],
      )
    })

    test('the sweep', async () => {
      await using store = await openAtMoment()
      expect(await store.sweep()).toBe(alive ? 0 : 1)
      expect(await store.sweep()).toBe(0)
      expect(await store.transitionTypes(1)).toEqual(alive ? [] : ['expired'])
    })

    test('the cleanup', async () => {
      await using store = await openAtMoment()
      expect(await store.repository.deleteExpired()).toBe(alive ? 0 : 1)
      expect(await store.repository.deleteExpired()).toBe(0)
      expect(await store.transitionTypes(1)).toEqual(alive ? [] : ['expired', 'removed'])
    })
  })

  test('a shorter TTL counts from the registration that sets it', async () => {
    await using store = await StoreUnderTest.open(subject)
    await store.add({ ttlSeconds: 3_600 })
    store.clock.advance(1_000)
    await store.add({ ttlSeconds: 2 })
    store.clock.advance(1_999)
    expect(await store.sweep()).toBe(0)
    store.clock.advance(1)
    expect(await store.sweep()).toBe(1)
  })
}

import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { ManualClock } from './manual-clock.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const HOUR = 3_600_000

// The time that a lease has after a restart: its remaining time, at least min(TTL, grace), at most its TTL.
const LEFT_AFTERWARDS = [
  { ttl: 300, left: 200_000, grace: 30, afterwards: 200_000, why: 'what it had left' },
  { ttl: 300, left: 30_001, grace: 30, afterwards: 30_001, why: 'what it had left' },
  { ttl: 300, left: 30_000, grace: 30, afterwards: 30_000, why: 'just the grace' },
  { ttl: 300, left: 29_999, grace: 30, afterwards: 30_000, why: 'the grace' },
  { ttl: 300, left: 1, grace: 30, afterwards: 30_000, why: 'the grace' },
  { ttl: 10, left: 1, grace: 30, afterwards: 10_000, why: 'its TTL, less than the grace' },
  { ttl: 10, left: 10_000, grace: 30, afterwards: 10_000, why: 'its TTL, never more' },
  { ttl: 300, left: 300_000, grace: 600, afterwards: 300_000, why: 'its TTL, never more' },
  { ttl: 300, left: 1, grace: 600, afterwards: 300_000, why: 'its TTL, less than the grace' },
  { ttl: 300, left: 1, grace: 0, afterwards: 1, why: 'its remaining time: there is no grace' },
]

/** For durable stores: no lease expires because the registry was down. */
export function describeLeasesOverRestarts(subject: ConformanceSubject): void {
  describe('after a restart', () => {
    test.each(LEFT_AFTERWARDS)(
      'a lease of $ttl s with $left ms left and a grace of $grace s has $afterwards ms: $why',
      async ({ ttl, left, grace, afterwards }) => {
        await using store = await StoreUnderTest.open(subject, { restartGraceSeconds: grace })
        await store.add({ ttlSeconds: ttl })
        store.clock.advance(ttl * 1000 - left)
        await store.restart({ awayMs: 25 * HOUR })
        expect(await store.get()).toMatchObject({
          alive: true,
          expiresAtMs: store.clock.wallMs() + afterwards,
        })
        store.clock.advance(afterwards - 1)
        expect(await store.sweep()).toBe(0)
        store.clock.advance(1)
        expect(await store.listed()).toEqual([])
        expect(await store.sweep()).toBe(1)
        expect(await store.transitionTypes()).toEqual(['registered', 'expired'])
      },
    )

    test('a heartbeat renews the lease for its normal TTL', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      await store.restart({ awayMs: HOUR })
      store.clock.advance(5_000)
      await store.repository.updateHeartbeat('scout')
      store.clock.advance(9_999)
      expect(await store.listed()).toEqual(['scout'])
      store.clock.advance(1)
      expect(await store.listed()).toEqual([])
      expect(await store.sweep()).toBe(1)
    })

    test('an expired agent stays expired, and is revived by a heartbeat', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      store.clock.advance(10_000)
      await store.sweep()
      await store.restart({ awayMs: HOUR })
      expect(await store.listed()).toEqual([])
      expect(await store.sweep()).toBe(0)
      expect((await store.get()).isAlive(store.clock.wallMs())).toBe(false)
      await store.repository.updateHeartbeat('scout')
      expect(await store.transitionTypes()).toEqual(['registered', 'expired', 'revived'])
    })

    test('a lapsed agent stays dead, and the next sweep records its expiry', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      store.clock.advance(10_000)
      await store.restart({ awayMs: HOUR })
      expect(await store.listed()).toEqual([])
      expect(await store.repository.counts()).toMatchObject({ alive: 0, lapsePending: true })
      expect(await store.sweep()).toBe(1)
      expect(await store.transitionTypes()).toEqual(['registered', 'expired'])
    })

    test('repeated restarts neither expire live agents nor revive dead ones', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'dead', ttlSeconds: 1 })
      store.clock.advance(1_000)
      await store.add({ agentId: 'alive', ttlSeconds: 300 })
      for (let restart = 0; restart < 5; restart++) {
        store.clock.advance(1_000)
        await store.restart({ awayMs: HOUR })
        expect(await store.listed()).toEqual(['alive'])
      }
      expect(await store.get('alive')).toMatchObject({
        expiresAtMs: store.clock.wallMs() + 295_000,
      })
    })

    test('a rebooted machine, with its monotonic clock at zero, makes no difference', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ ttlSeconds: 300 })
      const { registeredAtMs } = await store.get()
      store.clock.advance(100_000)
      const booted = new ManualClock({ monotonicMs: 12, wallMs: store.clock.wallMs() + HOUR })
      await store.restart({ clock: booted })
      expect(await store.get()).toMatchObject({
        alive: true,
        registeredAtMs,
        lastHeartbeatMs: registeredAtMs,
        expiresAtMs: booted.wallMs() + 200_000,
      })
      booted.advance(200_000)
      expect(await store.sweep()).toBe(1)
    })

    test.each([-HOUR, HOUR])(
      'a wall clock that stepped by %i ms meanwhile makes no difference',
      async (by) => {
        await using store = await StoreUnderTest.open(subject)
        await store.add({ ttlSeconds: 300 })
        store.clock.advance(100_000)
        store.clock.stepWall(by)
        await store.restart()
        expect(await store.get()).toMatchObject({
          alive: true,
          expiresAtMs: store.clock.wallMs() + 200_000,
        })
        store.clock.advance(199_999)
        expect(await store.listed()).toEqual(['scout'])
        store.clock.advance(1)
        expect(await store.sweep()).toBe(1)
      },
    )

    test.each([-HOUR, HOUR])(
      'an agent renewed after the wall clock stepped by %i ms gets exactly its TTL',
      async (by) => {
        await using store = await StoreUnderTest.open(subject)
        await store.addMany(3)
        store.clock.stepWall(by)
        await store.restart()
        const now = store.clock.wallMs()
        const renewed = { lastHeartbeatMs: now, expiresAtMs: now + 10_000 }
        expect(await store.add({ agentId: nthId(0) })).toMatchObject(renewed)
        await store.repository.updateHeartbeat(nthId(1))
        await store.repository.updateHeartbeat(nthId(2), { status: 'busy' })
        expect(await store.list()).toMatchObject([renewed, renewed, renewed])
        store.clock.advance(10_000)
        expect(await store.listed()).toEqual([])
        expect(await store.sweep()).toBe(3)
      },
    )
  })
}

import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { ManualClock } from './manual-clock.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const HOUR = 3_600_000

// What a lease gets back: what it had left, at least min(TTL, grace), at most its TTL.
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
  { ttl: 300, left: 1, grace: 0, afterwards: 1, why: 'what it had left: there is no grace' },
]

/** For stores that are durable: nobody expires for time in which the registry was away. */
export function describeLeasesOverRestarts(subject: ConformanceSubject): void {
  describe('over a restart', () => {
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
        expect(await store.story()).toEqual(['registered', 'expired'])
      },
    )

    test('a heartbeat makes the lease an ordinary one again', async () => {
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

    test('who had expired stays expired, and comes back with a heartbeat', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      store.clock.advance(10_000)
      await store.sweep()
      await store.restart({ awayMs: HOUR })
      expect(await store.listed()).toEqual([])
      expect(await store.sweep()).toBe(0)
      expect((await store.get()).isAlive(store.clock.wallMs())).toBe(false)
      await store.repository.updateHeartbeat('scout')
      expect(await store.story()).toEqual(['registered', 'expired', 'revived'])
    })

    test('who had lapsed unseen stays dead, and the next sweep tells of it', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      store.clock.advance(10_000)
      await store.restart({ awayMs: HOUR })
      expect(await store.listed()).toEqual([])
      expect(await store.repository.counts()).toMatchObject({ alive: 0, lapsePending: true })
      expect(await store.sweep()).toBe(1)
      expect(await store.story()).toEqual(['registered', 'expired'])
    })

    test('restarts in a row expire nobody, and let nobody live who was dead', async () => {
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

    test('a machine that was booted anew, its monotonic clock at zero, makes no difference', async () => {
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
      'a wall clock set by %i ms meanwhile makes no difference',
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
      'who comes back after the wall clock was set by %i ms has a TTL, and no more',
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

import { describe, expect, test } from 'vitest'
import { BrakedFleet } from './braked-fleet.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

/** When the brake on mass expiry engages, and what it shows. See `docs/decisions/0019-mass-expiry-brake.md`. */
export function describeExpiryBrake(subject: ConformanceSubject): void {
  describe('the brake on mass expiry', () => {
    test('is on by default: a fleet that falls silent at once becomes suspect, and stays listed', async () => {
      await using store = await StoreUnderTest.open(subject, { brake: {} })
      await store.addMany(40, { status: 'busy' })
      store.clock.advance(10_000)
      expect(await store.sweep()).toBe(0)
      expect(await store.listed()).toHaveLength(40)
      expect(await store.listed({ statuses: ['busy'] })).toEqual([])
      expect(await store.listed({ statuses: ['suspect'] })).toHaveLength(40)
      expect(await store.listed({ statuses: ['suspect', 'expired'] })).toHaveLength(40)
      expect(await store.repository.countByStatus()).toMatchObject({ suspect: 40, busy: 0 })
      expect(await store.get(nthId(0))).toMatchObject({
        alive: true,
        suspect: true,
        status: 'busy',
      })
      const now = store.clock.wallMs()
      expect(await store.repository.counts()).toMatchObject({
        alive: 40,
        lapsePending: false,
        brake: {
          sinceMs: now,
          endsAtMs: now + 300_000,
          reason: expect.stringContaining('40 of 40 live agents fell silent at once'),
        },
      })
    })

    test('records how an agent became suspect', async () => {
      await using store = await StoreUnderTest.open(subject, { brake: {} })
      await store.addMany(20)
      const since = await store.revision()
      store.clock.advance(10_000)
      await store.sweep()
      const transitions = await store.repository.eventsSince(since)
      expect(transitions).toHaveLength(20)
      expect(transitions[0]).toMatchObject({
        type: 'updated',
        reason:
          'status ready -> suspect; last heartbeat 10.0 s ago, ttl 10 s; ' +
          'its expiry is held back, because most agents fell silent at once',
        agent: { alive: true, suspect: true, status: 'ready' },
        before: { alive: true, suspect: false, status: 'ready' },
      })
    })

    test.each([
      ['half of the living', 20, true],
      ['more than half of the living', 21, false],
    ])('expires %s on time: %i of 40', async (_, silent, expires) => {
      await using store = await StoreUnderTest.open(subject, { brake: {} })
      await store.addMany(40)
      store.clock.advance(5_000)
      const others = BrakedFleet.ids(silent, 40)
      await store.repository.updateHeartbeats(others.map((agentId) => ({ agentId })))
      store.clock.advance(5_000)
      expect(await store.sweep()).toBe(expires ? silent : 0)
    })

    test.each([
      [19, 19],
      [20, 0],
    ])('is not for small numbers: of %i silent agents, %i expire', async (silent, expired) => {
      await using store = await StoreUnderTest.open(subject, { brake: {} })
      await store.addMany(silent)
      store.clock.advance(10_000)
      expect(await store.sweep()).toBe(expired)
    })

    test('counts agents that have less than a third of their TTL left, whatever it is', async () => {
      await using store = await StoreUnderTest.open(subject, { brake: { brakeMinimum: 2 } })
      await store.add({ agentId: 'due', ttlSeconds: 10 })
      await store.add({ agentId: 'third', ttlSeconds: 15 })
      await store.add({ agentId: 'more', ttlSeconds: 16 })
      store.clock.advance(10_000)
      expect(await store.sweep()).toBe(0)
      await using other = await StoreUnderTest.open(subject, { brake: { brakeMinimum: 2 } })
      await other.add({ agentId: 'due', ttlSeconds: 10 })
      other.clock.advance(1)
      await other.add({ agentId: 'one', ttlSeconds: 15 })
      await other.add({ agentId: 'two', ttlSeconds: 15 })
      other.clock.advance(9_999)
      expect(await other.sweep()).toBe(1)
    })

    test('engages while hardly any agent has lapsed, and holds all that follow', async () => {
      await using fleet = await BrakedFleet.open(subject, 100)
      fleet.silence(BrakedFleet.ids(0, 100))
      expect(await fleet.live(30_000)).toBeLessThan(10)
      expect((await fleet.count()).suspect).toBeGreaterThan(90)
      await fleet.hear(BrakedFleet.ids(0, 100))
      expect(await fleet.count()).toMatchObject({ ready: 100, suspect: 0 })
    })

    test('shows no agent as expired between its deadline and the sweep', async () => {
      await using fleet = await BrakedFleet.open(subject, 100)
      fleet.silence(BrakedFleet.ids(0, 100))
      await fleet.live(7_000)
      expect(await fleet.isBraked()).toBe(true)
      // Suspects expire one by one meanwhile, but no agent does that has not been suspect.
      const expiredUnheld = async () =>
        (await fleet.store.list({ statuses: ['expired'] })).filter(({ suspect }) => !suspect).length
      const before = await expiredUnheld()
      for (let passed = 0; passed < 3_000; passed += 250) {
        fleet.store.clock.advance(250)
        expect(await expiredUnheld(), `after ${passed} ms`).toBe(before)
        await fleet.store.sweep()
      }
    })

    test('a death of 40 % expires on time, all of it', async () => {
      await using fleet = await BrakedFleet.open(subject, 100)
      fleet.silence(BrakedFleet.ids(0, 40))
      expect(await fleet.live(10_000)).toBe(40)
      expect(await fleet.isBraked()).toBe(false)
    })

    test('a fleet that shrinks slowly to nothing expires on time', async () => {
      await using fleet = await BrakedFleet.open(subject, 60, { brakeMinimum: 2 })
      let expired = 0
      for (const id of BrakedFleet.ids(0, 60)) {
        fleet.silence([id])
        expired += await fleet.live(1_000)
        expect(await fleet.isBraked()).toBe(false)
      }
      expect(expired + (await fleet.live(10_000))).toBe(60)
    })

    test('agents that never send a heartbeat and lapse one by one expire on time', async () => {
      await using store = await StoreUnderTest.open(subject, { brake: {} })
      let expired = 0
      for (let nth = 0; nth < 200; nth++) {
        await store.add({ agentId: nthId(nth) })
        store.clock.advance(100)
        expired += await store.sweep()
      }
      expect(expired).toBe(101)
    })

    test('a mass deregistration is no lapse', async () => {
      await using fleet = await BrakedFleet.open(subject, 100)
      const [leaving, dying] = [BrakedFleet.ids(0, 60), BrakedFleet.ids(60, 80)]
      fleet.silence([...leaving, ...dying])
      for (const id of leaving) await fleet.store.repository.delete(id)
      expect(await fleet.live(10_000)).toBe(20)
    })

    test('a stall of the registry makes no agent late', async () => {
      await using store = await StoreUnderTest.open(subject, { brake: {} })
      await store.addMany(40)
      store.clock.advance(5_000)
      await store.repository.expireLapsed({ nextSweepMs: 50 })
      store.clock.advance(3_600_000)
      await store.repository.expireLapsed({ nextSweepMs: Number.POSITIVE_INFINITY })
      expect(await store.repository.countByStatus()).toMatchObject({ ready: 40, suspect: 0 })
      // One of the agents dies, and the others have sent heartbeats.
      const others = BrakedFleet.ids(1, 40)
      await store.repository.updateHeartbeats(others.map((agentId) => ({ agentId })))
      store.clock.advance(5_000)
      expect(await store.sweep()).toBe(1)
    })

    test('looks at the fleet again only after 1/64 of it has come due', async () => {
      await using store = await StoreUnderTest.open(subject, { brake: {} })
      await store.add({ agentId: 'first', ttlSeconds: 1 })
      await store.add({ agentId: 'second', ttlSeconds: 2 })
      await store.addMany(98, { ttlSeconds: 3 })
      store.clock.advance(2_000)
      expect(await store.repository.expireLapsed({ limit: 1 })).toMatchObject({ expired: 1 })
      expect(await store.repository.expireLapsed({ limit: 1 })).toMatchObject({ expired: 0 })
      expect(await store.get('second')).toMatchObject({ suspect: true })
    })

    test('is off with a fraction of 0', async () => {
      await using store = await StoreUnderTest.open(subject, { brake: { brakeFraction: 0 } })
      await store.addMany(40)
      store.clock.advance(10_000)
      expect(await store.sweep()).toBe(40)
    })
  })
}

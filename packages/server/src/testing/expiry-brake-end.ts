import { describe, expect, test } from 'vitest'
import { BrakedFleet } from './braked-fleet.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const BRAKE = { brakeMinimum: 2, brakeMaxSeconds: 60 }

/** How the brake on mass expiry lets go. See `docs/decisions/0019-mass-expiry-brake.md`. */
export function describeEndOfExpiryBrake(subject: ConformanceSubject): void {
  describe('the end of the brake on mass expiry', () => {
    test('a death of 60 % trickles out in random order, and expires after the maximum', async () => {
      await using fleet = await BrakedFleet.open(subject, 400)
      const dead = BrakedFleet.ids(0, 240)
      fleet.silence(dead)
      await fleet.live(8_000)
      const since = await fleet.store.revision()
      const trickled = await fleet.live(54_000)
      expect(trickled).toBeGreaterThan(10)
      expect(trickled).toBeLessThan(48)
      const expired = await fleet.store.repository.eventsSince(since, 100_000)
      const order = expired.filter(({ type }) => type === 'expired').map(({ agentId }) => agentId)
      expect(order).not.toEqual(order.toSorted())
      await fleet.live(10_000)
      expect(await fleet.count()).toMatchObject({ ready: 160, suspect: 0, expired: 240 })
      expect(await fleet.isBraked()).toBe(false)
    })

    test('ends when heartbeats return, and the next death expires on time', async () => {
      await using fleet = await BrakedFleet.open(subject, 100)
      const silent = BrakedFleet.ids(0, 80)
      fleet.silence(silent)
      await fleet.live(12_000)
      expect(await fleet.isBraked()).toBe(true)
      await fleet.hear(silent)
      await fleet.live(6_000)
      expect(await fleet.isBraked()).toBe(false)
      fleet.silence(BrakedFleet.ids(0, 30))
      const expired = await fleet.live(10_000)
      expect(expired).toBe((await fleet.count()).expired)
      expect(expired).toBeGreaterThanOrEqual(30)
    })

    test('stays on while more than half of the fraction is silent', async () => {
      await using fleet = await BrakedFleet.open(subject, 100)
      fleet.silence(BrakedFleet.ids(0, 80))
      await fleet.live(12_000)
      await fleet.hear(BrakedFleet.ids(0, 45))
      await fleet.live(6_000)
      expect(await fleet.isBraked()).toBe(true)
      await fleet.hear(BrakedFleet.ids(45, 60))
      await fleet.live(6_000)
      expect(await fleet.isBraked()).toBe(false)
    })

    test('ends when fewer than the minimum are left to hold', async () => {
      await using store = await StoreUnderTest.open(subject, { brake: {} })
      await store.addMany(20)
      store.clock.advance(10_000)
      await store.sweep()
      await store.repository.delete(nthId(0))
      store.clock.advance(4_999)
      await store.sweep()
      expect((await store.repository.counts()).brake).toBeDefined()
      store.clock.advance(1)
      await store.sweep()
      expect((await store.repository.counts()).brake).toBeUndefined()
    })

    test('an agent that is heard after the end, before the next sweep, had expired', async () => {
      await using store = await braked(subject)
      store.clock.advance(55_000)
      await store.add({ agentId: 'late', ttlSeconds: 5 })
      store.clock.advance(5_000)
      await store.repository.updateHeartbeat('late')
      const history = await store.repository.historyOf('late')
      expect(history.map(({ type }) => type)).toEqual(['registered', 'expired', 'revived'])
    })

    test.each(['heartbeat', 'registration'])('a %s makes a suspect ready again', async (kind) => {
      await using store = await braked(subject)
      const { agentId, ttlSeconds } = await store.get(nthId(0))
      const since = await store.revision()
      store.clock.advance(2_300)
      if (kind === 'heartbeat') await store.repository.updateHeartbeat(agentId)
      else await store.add({ agentId })
      const expiresAtMs = store.clock.wallMs() + ttlSeconds * 1000
      expect(await store.get(agentId)).toMatchObject({ suspect: false, alive: true, expiresAtMs })
      const word = kind === 'heartbeat' ? 'heartbeat' : 'register'
      expect(await store.repository.eventsSince(since)).toMatchObject([
        {
          type: 'updated',
          reason: `${word} after 12.3 s of silence; status suspect -> ready`,
          agent: { suspect: false },
          before: { suspect: true, alive: true },
        },
      ])
    })

    test('a batch of heartbeats, one with a status, makes suspects ordinary again', async () => {
      await using store = await braked(subject)
      const heartbeats = [{ agentId: nthId(0) }, { agentId: nthId(1), status: 'busy' as const }]
      expect(await store.repository.updateHeartbeats(heartbeats)).toEqual({ ok: 2, unknown: [] })
      expect(await store.listed({ statuses: ['ready', 'busy'] })).toEqual([nthId(0), nthId(1)])
    })

    test('a suspect can be deregistered, and the cleanup leaves it', async () => {
      await using store = await braked(subject)
      expect(await store.repository.deleteExpired()).toBe(0)
      expect(await store.repository.delete(nthId(0))).toBe(true)
      expect(await store.listed()).toEqual([nthId(1), nthId(2), nthId(3)])
      expect(await store.repository.countByStatus()).toMatchObject({ suspect: 3, expired: 0 })
    })

    test('an agent that is heard just after its deadline was never expired', async () => {
      await using store = await braked(subject)
      await store.add({ agentId: 'late', ttlSeconds: 2 })
      store.clock.advance(2_001)
      await store.repository.updateHeartbeat('late')
      const history = await store.repository.historyOf('late')
      expect(history.map(({ type }) => type)).toEqual(['registered', 'updated', 'updated'])
    })

    test('a heartbeat that arrives while its agent is being held counts', async () => {
      await using store = await braked(subject)
      const late = Array.from({ length: 40 }, (_, at) => `late-${at}`)
      for (const agentId of late) await store.add({ agentId })
      store.clock.advance(9_900)
      const sweeping = store.repository.expireLapsed()
      const beats: Promise<unknown>[] = []
      for (const [at, agentId] of late.entries()) {
        beats.push(store.repository.updateHeartbeat(agentId))
        // Some in the same turn of the event loop, some while the commit is in flight.
        if (at < 20) await Promise.resolve()
        else await new Promise(setImmediate)
      }
      await Promise.all([sweeping, ...beats])
      const expiresAtMs = store.clock.wallMs() + 10_000
      for (const agentId of late) {
        expect(await store.get(agentId)).toMatchObject({ suspect: false, expiresAtMs })
      }
    })

    test('a suspect is not held again by the next brake', async () => {
      await using store = await braked(subject)
      store.clock.advance(59_999)
      await store.add({ agentId: 'other-1', ttlSeconds: 1 })
      await store.add({ agentId: 'other-2', ttlSeconds: 1 })
      store.clock.advance(1)
      await store.sweep()
      expect(await store.listed()).toEqual(['other-1', 'other-2'])
      store.clock.advance(999)
      expect(await store.sweep()).toBe(0)
      expect(await store.listed({ statuses: ['suspect'] })).toEqual(['other-1', 'other-2'])
      store.clock.advance(60_000)
      await store.sweep()
      expect(await store.listed()).toEqual([])
    })

    test('suspects of the last event do not start the next', async () => {
      await using store = await StoreUnderTest.open(subject, { brake: BRAKE })
      await store.addMany(4)
      store.clock.advance(10_000)
      await store.sweep()
      await store.addMany(2, { agentName: 'back' })
      for (const agentId of ['a', 'b', 'c', 'd', 'e']) {
        await store.add({ agentId, ttlSeconds: 86_400 })
      }
      store.clock.advance(5_000)
      await store.sweep()
      expect((await store.repository.counts()).brake).toBeUndefined()
      // Two of seven are late; with the two suspects, it would be more than half of the others.
      store.clock.advance(5_000)
      expect(await store.sweep()).toBe(2)
    })

    if (subject.durable) {
      test('does not stick when the registry restarts while it is on', async () => {
        await using store = await braked(subject)
        await store.restart({ awayMs: 3_600_000 })
        expect(await store.repository.countByStatus()).toMatchObject({ suspect: 4, expired: 0 })
        await store.repository.updateHeartbeat(nthId(3))
        expect(await store.listed({ statuses: ['ready'] })).toEqual([nthId(3)])
        store.clock.advance(60_000)
        await store.sweep()
        expect(await store.listed({ statuses: ['suspect'] })).toEqual([])
        expect((await store.repository.counts()).brake).toBeUndefined()
      })
    }
  })
}

/** Opens a store with four agents that fell silent 10 s ago, and are suspect until the end of the brake. */
async function braked(subject: ConformanceSubject): Promise<StoreUnderTest> {
  const store = await StoreUnderTest.open(subject, { brake: BRAKE })
  await store.addMany(4)
  store.clock.advance(10_000)
  expect(await store.sweep()).toBe(0)
  return store
}

import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

const SWEEP_MS = 50
const STALL_MS = 600_000

type FirstCall = (store: StoreUnderTest) => Promise<unknown>

/** Any first call after a stall must detect it: requests do not wait for the sweep. */
const FIRST_CALLS: Readonly<Record<string, FirstCall>> = {
  'a sweep': ({ repository }) => repository.expireLapsed({ nextSweepMs: SWEEP_MS }),
  'a cleanup': ({ repository }) => repository.deleteExpired(),
  'a read': (store) => store.get(),
  'a list': (store) => store.list(),
  'the counts': ({ repository }) => repository.counts(),
  'a heartbeat': ({ repository }) => repository.updateHeartbeat('other'),
  'a batch of heartbeats': ({ repository }) => repository.updateHeartbeats([{ agentId: 'other' }]),
  'a registration': (store) => store.add({ agentId: 'other' }),
  'a deregistration': ({ repository }) => repository.delete('other'),
}

export function describeStalls(subject: ConformanceSubject): void {
  const toleratedMs = subject.toleratedDelayMs ?? 1000

  describe('a stall', () => {
    test.each(Object.keys(FIRST_CALLS))(
      'expires no agent, if %s comes first after it',
      async (name) => {
        await using store = await StoreUnderTest.open(subject)
        await store.add()
        await store.add({ agentId: 'other' })
        store.clock.advance(9_000)
        await store.repository.expireLapsed({ nextSweepMs: SWEEP_MS })
        store.clock.advance(STALL_MS)
        await FIRST_CALLS[name]?.(store)
        expect(await store.listed()).toContain('scout')
        expect((await store.transitionTypes(2)).filter((type) => type === 'expired')).toEqual([])
        expect(await store.get()).toMatchObject({
          alive: true,
          expiresAtMs: store.clock.wallMs() + 1_000 - SWEEP_MS,
        })
        expect(store.repository.statistics().stalledMs).toBe(STALL_MS - SWEEP_MS)
      },
    )

    test('extends every lease by its duration, after which leases expire as usual', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'early', ttlSeconds: 2 })
      await store.add({ agentId: 'late', ttlSeconds: 3 })
      // A list that was read before must not be returned again with the old times.
      await store.list()
      await store.repository.expireLapsed({ nextSweepMs: SWEEP_MS })
      store.clock.advance(STALL_MS + SWEEP_MS)
      const now = store.clock.wallMs()
      expect(await store.list()).toMatchObject([
        { agentId: 'early', expiresAtMs: now + 2_000 - SWEEP_MS },
        { agentId: 'late', expiresAtMs: now + 3_000 - SWEEP_MS },
      ])
      // The sweep that was late.
      await store.repository.expireLapsed({ nextSweepMs: SWEEP_MS })
      await sweepFor(store, 1_949)
      expect(await store.listed()).toEqual(['early', 'late'])
      await sweepFor(store, 1)
      expect(await store.listed()).toEqual(['late'])
      await sweepFor(store, 1_000)
      expect(await store.listed()).toEqual([])
      expect(await store.transitionTypes()).toEqual([
        'registered',
        'registered',
        'expired',
        'expired',
      ])
    })

    test('does not revive dead agents', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      store.clock.advance(10_000)
      await store.repository.expireLapsed({ nextSweepMs: SWEEP_MS })
      store.clock.advance(STALL_MS)
      expect(await store.listed()).toEqual([])
      expect(await store.repository.deleteExpired()).toBe(1)
    })

    test.each([
      { beyondMs: -1, alive: [] },
      { beyondMs: 0, alive: [] },
      { beyondMs: 1, alive: ['scout'] },
    ])(
      'is a sweep later than the tolerated delay: at $beyondMs ms beyond it, $alive are alive',
      async ({ beyondMs, alive }) => {
        await using store = await StoreUnderTest.open(subject)
        await store.add({ ttlSeconds: 1 })
        await sweepFor(store, 999 - SWEEP_MS)
        store.clock.advance(SWEEP_MS + toleratedMs + beyondMs)
        expect(await store.listed()).toEqual(alive)
      },
    )

    test('that is detected gradually leaves sweeps and reads consistent', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.repository.expireLapsed({ nextSweepMs: SWEEP_MS })
      // Late, but tolerated: an agent registers. Then later than tolerated in total.
      store.clock.advance(SWEEP_MS + 0.9 * toleratedMs)
      await store.add()
      store.clock.advance(0.2 * toleratedMs)
      await store.repository.updateHeartbeat('scout')
      await sweepFor(store, 9_999)
      expect(await store.listed()).toEqual(['scout'])
      // The store decides whether the time until the sweep counts.
      await sweepFor(store, 1 + SWEEP_MS)
      expect(await store.listed()).toEqual([])
      expect(await store.repository.counts()).toMatchObject({ alive: 0, lapsePending: false })
      expect(await store.transitionTypes()).toEqual(['registered', 'expired'])
    })

    test('is not detected when no sweep was announced', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      await store.repository.expireLapsed()
      store.clock.advance(STALL_MS)
      expect(await store.listed()).toEqual([])
      expect(store.repository.statistics().stalledMs).toBe(0)
    })

    test('is not detected after the sweeps were cancelled', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      await store.repository.expireLapsed({ nextSweepMs: SWEEP_MS })
      await store.repository.expireLapsed({ nextSweepMs: Number.POSITIVE_INFINITY })
      store.clock.advance(STALL_MS)
      expect(await store.listed()).toEqual([])
    })
  })
}

/** Advances the clock like a server that sweeps on time. */
async function sweepFor(store: StoreUnderTest, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= SWEEP_MS) {
    store.clock.advance(Math.min(SWEEP_MS, left))
    await store.repository.expireLapsed({ nextSweepMs: SWEEP_MS })
  }
}

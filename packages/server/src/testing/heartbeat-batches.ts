import { describe, expect, test } from 'vitest'
import type { Heartbeat } from '../domain/heartbeat.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

export function describeHeartbeatBatches(subject: ConformanceSubject): void {
  describe('a batch of heartbeats', () => {
    test('renews its agents, and no others', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(4)
      store.clock.advance(5_000)
      const heartbeats = [{ agentId: nthId(3) }, { agentId: nthId(1) }]
      expect(await store.repository.updateHeartbeats(heartbeats)).toEqual({ ok: 2, unknown: [] })
      store.clock.advance(5_000)
      expect(await store.listed()).toEqual([nthId(1), nthId(3)])
      expect(await store.transitionTypes(4)).toEqual([])
    })

    test('returns unknown agents in batch order, and renews the rest', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      const heartbeats = ['zed', 'scout', 'amy', 'zed'].map((agentId) => ({ agentId }))
      expect(await store.repository.updateHeartbeats(heartbeats)).toEqual({
        ok: 1,
        unknown: ['zed', 'amy', 'zed'],
      })
    })

    test('can be empty', async () => {
      await using store = await StoreUnderTest.open(subject)
      expect(await store.repository.updateHeartbeats([])).toEqual({ ok: 0, unknown: [] })
    })

    test('updates status and load of each agent, and revives dead agents', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a' })
      store.clock.advance(10_000)
      await store.add({ agentId: 'b' })
      await store.add({ agentId: 'c', load: 0.1 })
      const revision = await store.revision()
      const outcome = await store.repository.updateHeartbeats([
        { agentId: 'a', load: 0.2 },
        { agentId: 'b', status: 'draining' },
        { agentId: 'c', load: 0.9 },
        { agentId: 'd' },
      ])
      expect(outcome).toEqual({ ok: 3, unknown: ['d'] })
      expect(await store.list()).toMatchObject([
        { agentId: 'a', status: 'ready', load: 0.2 },
        { agentId: 'b', status: 'draining', load: null },
        { agentId: 'c', status: 'ready', load: 0.9 },
      ])
      expect(new Set(await store.transitionTypes(revision))).toEqual(
        new Set(['expired', 'revived', 'updated']),
      )
    })

    test('with an agent twice applies both in order, and records only the result', async () => {
      const scout = (report: Omit<Heartbeat, 'agentId'>): Heartbeat => ({
        agentId: 'scout',
        ...report,
      })
      const batches: Heartbeat[][] = [
        [scout({ status: 'busy' }), scout({ status: 'ready' })],
        [scout({ status: 'busy' }), scout({ status: 'draining' }), scout({ status: 'ready' })],
        [scout({ status: 'busy', load: 0.1 }), scout({ load: 0.2 })],
        [scout({ load: 0.2 }), scout({ status: 'busy' })],
        [scout({ status: 'busy' }), scout({ status: 'draining' }), scout({})],
      ]
      const seen = []
      for (const batch of batches) {
        await using store = await StoreUnderTest.open(subject)
        await store.add({ load: 0 })
        expect(await store.repository.updateHeartbeats(batch)).toMatchObject({ ok: batch.length })
        const { status, load } = await store.get()
        seen.push({ status, load, transitionTypes: await store.transitionTypes(1) })
      }
      expect(seen).toEqual([
        { status: 'ready', load: 0, transitionTypes: [] },
        { status: 'ready', load: 0, transitionTypes: [] },
        { status: 'busy', load: 0.2, transitionTypes: ['updated'] },
        { status: 'busy', load: 0.2, transitionTypes: ['updated'] },
        { status: 'draining', load: 0, transitionTypes: ['updated'] },
      ])
    })

    test('records at most one change per agent, however often it occurs', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(3)
      const statuses = ['busy', 'draining', 'ready', 'busy'] as const
      const heartbeats = Array.from({ length: 3_000 }, (_, index) => ({
        agentId: nthId(index % 4),
        status: statuses[Math.floor(index / 4) % 4],
      }))
      const unknown = heartbeats.map(({ agentId }) => agentId).filter((id) => id === nthId(3))
      expect(await store.repository.updateHeartbeats(heartbeats)).toEqual({ ok: 2_250, unknown })
      expect(await store.transitionTypes(3)).toEqual(['updated', 'updated', 'updated'])
      expect(await store.list()).toMatchObject(Array(3).fill({ status: 'draining' }))
    })

    test('revives an agent once, however often it occurs', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      store.clock.advance(10_000)
      const heartbeats = [{ agentId: 'scout' }, { agentId: 'scout', status: 'busy' as const }]
      expect(await store.repository.updateHeartbeats(heartbeats)).toEqual({ ok: 2, unknown: [] })
      expect(await store.transitionTypes(1)).toEqual(['expired', 'revived'])
      expect(await store.get()).toMatchObject({ status: 'busy' })
    })

    test('can have 10 000 agents', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(10_000)
      store.clock.advance(9_999)
      const heartbeats = Array.from({ length: 10_000 }, (_, index) => ({ agentId: nthId(index) }))
      expect(await store.repository.updateHeartbeats(heartbeats)).toEqual({
        ok: 10_000,
        unknown: [],
      })
      store.clock.advance(9_999)
      expect(await store.repository.counts()).toMatchObject({ alive: 10_000 })
    })
  })
}

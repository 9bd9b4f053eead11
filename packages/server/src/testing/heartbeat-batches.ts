import { describe, expect, test } from 'vitest'
import type { Heartbeat } from '../domain/heartbeat.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

export function describeHeartbeatBatches(subject: ConformanceSubject): void {
  describe('a batch of heartbeats', () => {
    test('renews those it names and leaves the others alone', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(4)
      store.clock.advance(5_000)
      const beats = [{ agentId: nthId(3) }, { agentId: nthId(1) }]
      expect(await store.repository.updateHeartbeats(beats)).toEqual({ ok: 2, unknown: [] })
      store.clock.advance(5_000)
      expect(await store.listed()).toEqual([nthId(1), nthId(3)])
      expect(await store.story(4)).toEqual([])
    })

    test('names the unknown in its own order and renews the rest', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      const beats = ['zed', 'scout', 'amy', 'zed'].map((agentId) => ({ agentId }))
      expect(await store.repository.updateHeartbeats(beats)).toEqual({
        ok: 1,
        unknown: ['zed', 'amy', 'zed'],
      })
    })

    test('may be empty', async () => {
      await using store = await StoreUnderTest.open(subject)
      expect(await store.repository.updateHeartbeats([])).toEqual({ ok: 0, unknown: [] })
    })

    test('carries status and load of each agent, and revives the dead', async () => {
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
      expect(new Set(await store.story(revision))).toEqual(
        new Set(['expired', 'revived', 'updated']),
      )
    })

    test('that names an agent twice beats twice, in order, and shows only the last of it', async () => {
      const scout = (said: Omit<Heartbeat, 'agentId'>): Heartbeat => ({ agentId: 'scout', ...said })
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
        seen.push({ status, load, story: await store.story(1) })
      }
      expect(seen).toEqual([
        { status: 'ready', load: 0, story: [] },
        { status: 'ready', load: 0, story: [] },
        { status: 'busy', load: 0.2, story: ['updated'] },
        { status: 'busy', load: 0.2, story: ['updated'] },
        { status: 'draining', load: 0, story: ['updated'] },
      ])
    })

    test('makes no more than one change of each agent, however often it names it', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(3)
      const statuses = ['busy', 'draining', 'ready', 'busy'] as const
      const beats = Array.from({ length: 3_000 }, (_, index) => ({
        agentId: nthId(index % 4),
        status: statuses[Math.floor(index / 4) % 4],
      }))
      const unknown = beats.map(({ agentId }) => agentId).filter((id) => id === nthId(3))
      expect(await store.repository.updateHeartbeats(beats)).toEqual({ ok: 2_250, unknown })
      expect(await store.story(3)).toEqual(['updated', 'updated', 'updated'])
      expect(await store.list()).toMatchObject(Array(3).fill({ status: 'draining' }))
    })

    test('revives an agent once, however often it names it', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      store.clock.advance(10_000)
      const beats = [{ agentId: 'scout' }, { agentId: 'scout', status: 'busy' as const }]
      expect(await store.repository.updateHeartbeats(beats)).toEqual({ ok: 2, unknown: [] })
      expect(await store.story(1)).toEqual(['expired', 'revived'])
      expect(await store.get()).toMatchObject({ status: 'busy' })
    })

    test('of 10 000 agents is one call', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(10_000)
      store.clock.advance(9_999)
      const beats = Array.from({ length: 10_000 }, (_, index) => ({ agentId: nthId(index) }))
      expect(await store.repository.updateHeartbeats(beats)).toEqual({ ok: 10_000, unknown: [] })
      store.clock.advance(9_999)
      expect(await store.repository.counts()).toMatchObject({ alive: 10_000 })
    })
  })
}

import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

const SUPERSEDED = { code: 'SUPERSEDED', incarnation: 2 }

/** Two processes that register one agent, one after the other. */
export function describeInstances(subject: ConformanceSubject): void {
  describe('instances of an agent', () => {
    test('take over with a registration, and the reason names both endpoints', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ instanceId: 'old', host: 'a.example' })
      expect(await store.add({ instanceId: 'new', host: 'b.example' })).toMatchObject({
        instanceId: 'new',
        incarnation: 2,
        revision: 2,
      })
      const [, takeover] = await store.repository.historyOf('scout')
      expect(takeover).toMatchObject({ type: 'replaced', agent: { instanceId: 'new' } })
      expect(takeover?.reason).toContain('new at http://b.example:8000')
      expect(takeover?.reason).toContain('old at http://a.example:8000')
    })

    test('take over even if nothing else changes, but only once', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const instanceId of ['old', 'new', 'new']) await store.add({ instanceId })
      expect(await store.transitionTypes()).toEqual(['registered', 'replaced'])
      expect(await store.get()).toMatchObject({ incarnation: 2 })
    })

    test('that are superseded renew, report, deregister and revive nothing', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      const old = { instanceId: 'old' }
      for (const instanceId of ['old', 'new']) await store.add({ instanceId, ttlSeconds: 10 })
      const before = await store.get()
      store.clock.advance(5_000)
      await expect(repository.updateHeartbeat('scout', old)).rejects.toMatchObject(SUPERSEDED)
      await expect(
        repository.updateHeartbeat('scout', { ...old, status: 'busy', load: 1 }),
      ).rejects.toMatchObject(SUPERSEDED)
      await expect(repository.delete('scout', old)).rejects.toMatchObject(SUPERSEDED)
      const batch = [{ agentId: 'scout', ...old, status: 'busy' as const }]
      expect(await repository.updateHeartbeats(batch)).toEqual({
        ok: 0,
        unknown: [],
        superseded: ['scout'],
      })
      expect(await store.get()).toEqual(before)
      store.clock.advance(5_000)
      await expect(repository.updateHeartbeat('scout', old)).rejects.toMatchObject(SUPERSEDED)
      expect(await store.get()).toMatchObject({ alive: false })
      expect(await store.sweep()).toBe(1)
      await expect(repository.updateHeartbeat('scout', old)).rejects.toMatchObject(SUPERSEDED)
      expect(await store.transitionTypes()).toEqual(['registered', 'replaced', 'expired'])
    })

    test('that are current renew, report and deregister', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      const current = { instanceId: 'new' }
      for (const instanceId of ['old', 'new']) await store.add({ instanceId, ttlSeconds: 10 })
      store.clock.advance(5_000)
      expect(await repository.updateHeartbeat('scout', current)).toMatchObject({ revision: 2 })
      const batch = [
        { agentId: 'scout', instanceId: 'old', status: 'draining' as const },
        { agentId: 'scout', instanceId: 'new', status: 'busy' as const },
      ]
      expect(await repository.updateHeartbeats(batch)).toEqual({
        ok: 1,
        unknown: [],
        superseded: ['scout'],
      })
      expect(await store.get()).toMatchObject({ status: 'busy', alive: true })
      expect(await repository.delete('scout', current)).toBe(true)
    })

    test('are told apart within a batch, and among concurrent heartbeats', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      for (const instanceId of ['old', 'new']) await store.add({ instanceId })
      const batch = [
        { agentId: 'scout', instanceId: 'new', status: 'busy' as const },
        { agentId: 'scout', instanceId: 'old', status: 'draining' as const },
      ]
      expect(await repository.updateHeartbeats(batch)).toMatchObject({
        ok: 1,
        superseded: ['scout'],
      })
      expect(await store.get()).toMatchObject({ status: 'busy' })
      const order = ['old', 'new', 'old', 'new']
      const outcomes = await Promise.allSettled(
        order.map((instanceId) => repository.updateHeartbeat('scout', { instanceId })),
      )
      expect(outcomes.map(({ status }) => status)).toEqual(
        order.map((instanceId) => (instanceId === 'new' ? 'fulfilled' : 'rejected')),
      )
    })

    test('begin with what they say: status and load belong to the instance', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ instanceId: 'old', status: 'draining', load: 0.9 })
      expect(await store.add({ instanceId: 'new' })).toMatchObject({ status: 'ready', load: null })
      await store.repository.updateHeartbeat('scout', { status: 'busy', load: 0.5 })
      expect(await store.add({ instanceId: 'new' })).toMatchObject({ status: 'ready', load: null })
    })

    test('revive a dead agent as another instance', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ instanceId: 'old', status: 'draining', ttlSeconds: 10 })
      store.clock.advance(10_000)
      await store.sweep()
      expect(await store.add({ instanceId: 'new' })).toMatchObject({
        status: 'ready',
        incarnation: 2,
        alive: true,
      })
      expect(await store.transitionTypes()).toEqual(['registered', 'expired', 'revived'])
    })

    test('need not be named: then everybody is the same instance', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ status: 'draining', load: 0.5 })
      expect(await store.add()).toMatchObject({ status: 'draining', load: 0.5, incarnation: 1 })
      expect(await store.repository.updateHeartbeat('scout')).toMatchObject({ revision: 1 })
      expect(await store.repository.delete('scout')).toBe(true)
    })

    if (subject.durable) {
      test('are remembered over a restart', async () => {
        await using store = await StoreUnderTest.open(subject)
        for (const instanceId of ['old', 'new']) await store.add({ instanceId })
        await store.restart()
        expect(await store.get()).toMatchObject({ instanceId: 'new', incarnation: 2 })
        await expect(
          store.repository.updateHeartbeat('scout', { instanceId: 'old' }),
        ).rejects.toMatchObject(SUPERSEDED)
      })
    }
  })

  describe('a change with a required revision', () => {
    test('is made at that revision, and refused at any other', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      await store.add()
      const at = (ifRevision: number) => ({ ifRevision })
      const failed = { code: 'PRECONDITION_FAILED' }
      await expect(
        repository.updateHeartbeat('scout', { status: 'busy', ...at(2) }),
      ).rejects.toMatchObject(failed)
      await expect(repository.delete('scout', at(2))).rejects.toMatchObject(failed)
      const before = await store.get()
      expect(before).toMatchObject({ status: 'ready', revision: 1 })
      store.clock.advance(1_000)
      await expect(repository.updateHeartbeat('scout', at(2))).rejects.toMatchObject(failed)
      expect(await store.get()).toEqual(before)
      expect(await repository.updateHeartbeat('scout', { status: 'busy', ...at(1) })).toMatchObject(
        { revision: 2 },
      )
      expect(await repository.delete('scout', at(2))).toBe(true)
      expect(await repository.delete('scout', at(2))).toBe(false)
    })
  })
}

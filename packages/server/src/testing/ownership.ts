import { describe, expect, test } from 'vitest'
import type { Transition } from '../domain/transition.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { ADMIN, ANN, ANYBODY, BO } from './sample-callers.ts'
import { registration } from './sample-registration.ts'
import { StoreUnderTest } from './store-under-test.ts'

const OWNED = { code: 'AGENT_OWNED' }
/** Changes of one agent in a row, after which further ones have to wait. */
const MORE_THAN_A_BURST = 120

/** Agents that belong to the principal that has registered them. */
export function describeOwnership(subject: ConformanceSubject): void {
  describe('the owner of an agent', () => {
    test('is the principal that registers it first', async () => {
      await using store = await StoreUnderTest.open(subject)
      expect(await store.add({}, ANN)).toMatchObject({ owner: 'ann', revision: 1 })
      expect(await store.get()).toMatchObject({ owner: 'ann' })
      expect(await store.list()).toMatchObject([{ owner: 'ann' }])
      expect(await store.transitions()).toMatchObject([{ agent: { owner: 'ann' } }])
    })

    test('alone, beside admins, may register it again, renew it, report for it and deregister it', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      await store.add({ ttlSeconds: 10 }, ANN)
      const before = await store.get()
      store.clock.advance(5_000)
      await expect(store.add({ port: 6666 }, BO)).rejects.toMatchObject(OWNED)
      await expect(store.add({}, BO)).rejects.toMatchObject(OWNED)
      await expect(store.heartbeat({}, BO)).rejects.toMatchObject(OWNED)
      await expect(store.heartbeat({ status: 'busy', load: 1 }, BO)).rejects.toMatchObject(OWNED)
      await expect(store.heartbeat({ ifRevision: 1 }, BO)).rejects.toMatchObject(OWNED)
      await expect(repository.delete('scout', { caller: BO })).rejects.toMatchObject(OWNED)
      expect(await store.get()).toEqual(before)
      for (const caller of [ANN, ADMIN]) {
        expect(await store.heartbeat({}, caller)).toBeDefined()
        expect(await store.heartbeat({ status: 'busy' }, caller)).toBeDefined()
        expect(await store.add({ ttlSeconds: 10, status: 'ready' }, caller)).toMatchObject({
          owner: 'ann',
        })
        expect(await repository.delete('scout', { caller })).toBe(true)
        await store.add({ ttlSeconds: 10 }, ANN)
      }
    })

    test('is kept when it expires, and when it revives', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ ttlSeconds: 10 }, ANN)
      store.clock.advance(10_000)
      // Lapsed, before and after the sweep.
      await expect(store.heartbeat({}, BO)).rejects.toMatchObject(OWNED)
      expect(await store.sweep()).toBe(1)
      await expect(store.heartbeat({}, BO)).rejects.toMatchObject(OWNED)
      await expect(store.add({}, BO)).rejects.toMatchObject(OWNED)
      const expiry = { type: 'expired', actor: null, agent: { owner: 'ann' } }
      expect((await store.transitions())[1]).toMatchObject(expiry)
      await store.heartbeat({}, ANN)
      expect(await store.get()).toMatchObject({ owner: 'ann', alive: true })
      expect(await store.transitionTypes()).toEqual(['registered', 'expired', 'revived'])
    })

    test('is gone when it is deregistered or removed: then, the first to register it owns it', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ ttlSeconds: 10 }, ANN)
      await store.repository.delete('scout', { caller: ANN })
      expect(await store.add({ ttlSeconds: 10 }, BO)).toMatchObject({ owner: 'bo' })
      store.clock.advance(10_000)
      expect(await store.repository.deleteExpired()).toBe(1)
      expect(await store.add({}, ANN)).toMatchObject({ owner: 'ann' })
    })

    test('of none so far is the next that registers it; heartbeats claim nothing', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      await store.heartbeat({}, BO)
      await store.heartbeat({ status: 'busy' }, BO)
      expect(await store.add({}, ANYBODY)).toMatchObject({ owner: null })
      const { revision } = await store.get()
      expect(await store.add({}, ANN)).toMatchObject({ owner: 'ann', revision: revision + 1 })
      const [claim] = (await store.transitions()).slice(-1)
      expect(claim).toMatchObject({ type: 'updated', reason: 'owner none -> ann', actor: 'ann' })
      await expect(store.heartbeat({}, BO)).rejects.toMatchObject(OWNED)
    })

    test('need not prove anything to the application itself, which keeps it', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({}, ANN)
      expect(await store.add({ port: 8001 })).toMatchObject({ owner: 'ann' })
      expect(await store.heartbeat({ status: 'busy' })).toBeDefined()
      expect(await store.repository.delete('scout')).toBe(true)
    })

    test('may be only one of those that claim it at the same time', async () => {
      await using store = await StoreUnderTest.open(subject)
      const claims = [ANN, BO, ANN, BO].map((caller) => store.add({}, caller))
      const outcomes = await Promise.allSettled(claims)
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
      ])
      expect(await store.get()).toMatchObject({ owner: 'ann' })
    })

    test('refuses reports that were on their way when it claimed the agent', async () => {
      await using store = await StoreUnderTest.open(subject)
      const busy = { status: 'busy', caller: BO } as const
      for (const agentId of ['one', 'two']) await store.add({ agentId })
      const [, reported, batch] = await Promise.allSettled([
        Promise.all(['one', 'two'].map((agentId) => store.add({ agentId }, ANN))),
        store.repository.updateHeartbeat('one', busy),
        store.repository.updateHeartbeats([{ agentId: 'two', ...busy }]),
      ])
      // A store may also record the report before the claim.
      const isBefore = (agentId: string, transitions: readonly Transition[]) => {
        const ofAgent = transitions.filter((it) => it.agentId === agentId)
        const claimed = ofAgent.findIndex(({ agent }) => agent.owner === 'ann')
        expect(ofAgent.slice(claimed).map(({ actor }) => actor)).not.toContain('bo')
        return ofAgent.some(({ actor }) => actor === 'bo')
      }
      const transitions = await store.transitions()
      if (isBefore('one', transitions)) expect(reported).toMatchObject({ status: 'fulfilled' })
      else expect(reported).toMatchObject({ reason: OWNED })
      const owned = isBefore('two', transitions) ? { ok: 1 } : { ok: 0, owned: ['two'] }
      expect(batch).toMatchObject({ value: owned })
    })

    test('decides within a batch as well, for each heartbeat', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'of-ann' }, ANN)
      await store.add({ agentId: 'of-bo' }, BO)
      await store.add({ agentId: 'of-none' })
      const ids = ['of-ann', 'of-bo', 'of-none', 'absent']
      const plain = ids.map((agentId) => ({ agentId, caller: ANN }))
      const outcome = { ok: 2, unknown: ['absent'], owned: ['of-bo'] }
      expect(await store.repository.updateHeartbeats(plain)).toEqual(outcome)
      const busy = plain.map((heartbeat) => ({ ...heartbeat, status: 'busy' as const }))
      expect(await store.repository.updateHeartbeats(busy)).toEqual(outcome)
      const { status } = (await store.repository.get('of-bo')) ?? {}
      expect(status).toBe('ready')
      for (const callers of [
        [ANN, BO],
        [BO, ANN],
      ]) {
        const mixed = callers.map((caller) => ({ agentId: 'of-bo', caller, load: 0.5 }))
        const both = { ok: 1, unknown: [], owned: ['of-bo'] }
        expect(await store.repository.updateHeartbeats(mixed)).toEqual(both)
      }
    })

    test('is told apart among concurrent heartbeats', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({}, ANN)
      for (const report of [{}, { load: 0.5 }, { status: 'busy' as const }]) {
        const senders = [BO, ANN, BO, ANN]
        const outcomes = await Promise.allSettled(
          senders.map((caller) => store.heartbeat(report, caller)),
        )
        expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(
          senders.map((caller) => caller === ANN),
        )
      }
    })

    test('loses no report to refused changes, also while its agent changes so often that it has to wait', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({}, ANN)
      const statuses = ['busy', 'ready', 'draining'] as const
      const reports = Array.from({ length: MORE_THAN_A_BURST }, (_, at) =>
        store.heartbeat({ status: statuses[at % 3] }, ANN),
      )
      const refused = store.add({ port: 6666 }, BO)
      const last = store.heartbeat({ status: 'draining' }, ANN)
      await expect(refused).rejects.toMatchObject(OWNED)
      await Promise.all([...reports, last])
      expect(await store.get()).toMatchObject({ status: 'draining', port: 8000, owner: 'ann' })
      for (const { actor } of await store.transitions()) expect(actor).toBe('ann')
      const before = await store.get()
      store.clock.advance(1000)
      await expect(store.heartbeat({ status: 'busy' }, BO)).rejects.toMatchObject(OWNED)
      expect(await store.get()).toEqual(before)
    })

    test('is gone, even if another registration follows at once', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({}, ANN)
      const [, again] = await Promise.all([
        store.repository.delete('scout', { caller: ANN }),
        store.add({}, ANYBODY),
      ])
      expect(again).toMatchObject({ owner: null })
      expect(await store.get()).toMatchObject({ owner: null })
    })

    if (subject.durable) {
      test('is remembered over a restart', async () => {
        await using store = await StoreUnderTest.open(subject)
        await store.add({}, ANN)
        await store.restart()
        expect(await store.get()).toMatchObject({ owner: 'ann' })
        await expect(store.heartbeat({}, BO)).rejects.toMatchObject(OWNED)
        expect(await store.transitions()).toMatchObject([{ actor: 'ann', agent: { owner: 'ann' } }])
      })
    }
  })

  describe('the actor of a transition', () => {
    test('is who asked for it, and nobody for what the registry does on its own', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      await store.add({ ttlSeconds: 10 }, ANN)
      await store.heartbeat({ status: 'busy' }, ADMIN)
      await repository.setMaintenance('scout', { reason: 'disk', by: 'the night shift' }, ADMIN)
      await repository.endMaintenance('scout', ADMIN)
      store.clock.advance(10_000)
      await store.heartbeat({}, ANN)
      await repository.delete('scout', { caller: ANN })
      await store.add({ ttlSeconds: 10 }, ANYBODY)
      store.clock.advance(10_000)
      await store.sweep()
      await repository.deleteExpired()
      await repository.add(registration({ ttlSeconds: 10 }))
      store.clock.advance(10_000)
      await repository.deleteExpired(ADMIN)
      const history = await repository.historyOf('scout')
      expect(history.map(({ type, actor }) => [type, actor])).toEqual([
        ['registered', 'ann'],
        ['updated', 'root'],
        ['updated', 'root'],
        ['updated', 'root'],
        ['expired', null],
        ['revived', 'ann'],
        ['deregistered', 'ann'],
        ['registered', 'anonymous (192.0.2.1)'],
        ['expired', null],
        ['removed', null],
        ['registered', null],
        ['expired', null],
        ['removed', 'root'],
      ])
      expect(await store.transitions()).toEqual(history)
    })

    if (subject.durable) {
      test('is remembered over a restart', async () => {
        await using store = await StoreUnderTest.open(subject)
        await store.add({}, ANN)
        await store.restart()
        await store.heartbeat({ status: 'busy' }, ADMIN)
        const history = await store.repository.historyOf('scout')
        expect(history.map(({ actor }) => actor)).toEqual(['ann', 'root'])
      })
    }
  })
}

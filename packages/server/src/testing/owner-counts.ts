import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { OwnerCounter } from '../domain/owner-counts.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { ADMIN, ANN, ANYBODY, BO } from './sample-callers.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

/** Agents that register while others are counted. */
const AGENTS = 200
/** Indexing it takes a store in memory so long that agents of one commit appear one after the other. */
const LONG_METADATA = Object.fromEntries(
  Array.from({ length: 250 }, (_, index) => [`key${index}`, index]),
)

export function describeOwnerCounts(subject: ConformanceSubject): void {
  describe('the counts of agents by owner', () => {
    /** Expects the counts of the list, and of the transitions. */
    async function expectCounts(store: StoreUnderTest, expected: Record<string, number>) {
      const { revision, byOwner } = await store.repository.countByOwner()
      expect(Object.fromEntries(byOwner)).toEqual(expected)
      expect(revision).toBe(await store.revision())
      const listed = new OwnerCounter()
      for (const { owner } of await store.list({ includeDead: true })) listed.change(owner, 1)
      expect(byOwner).toEqual(listed.byOwner)
      const followed = new OwnerCounter()
      for (const transition of await store.transitions()) followed.apply(transition)
      expect(byOwner).toEqual(followed.byOwner)
    }

    test('have no entry for nobody, nor for principals without agents', async () => {
      await using store = await StoreUnderTest.open(subject)
      await expectCounts(store, {})
      await store.add({ agentId: 'a' })
      await store.add({ agentId: 'b' }, ANYBODY)
      await expectCounts(store, {})
      await store.add({ agentId: 'c' }, ANN)
      await expectCounts(store, { ann: 1 })
      await store.repository.delete('c')
      await expectCounts(store, {})
    })

    test('have agents of every owner, whoever changes them', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a' }, ANN)
      await store.add({ agentId: 'b' }, ANN)
      await store.add({ agentId: 'c' }, BO)
      await store.add({ agentId: 'd' }, ADMIN)
      await expectCounts(store, { ann: 2, bo: 1, root: 1 })
      await store.add({ agentId: 'a', port: 9 }, ADMIN)
      await expect(store.add({ agentId: 'a', port: 10 }, BO)).rejects.toThrow()
      await store.repository.updateHeartbeat('b', { status: 'busy', caller: ANN })
      await expectCounts(store, { ann: 2, bo: 1, root: 1 })
    })

    test('have an agent of nobody once a principal has claimed it, alive or expired', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a' })
      await store.add({ agentId: 'b', ttlSeconds: 10 })
      await store.add({ agentId: 'a' }, ANN)
      await expectCounts(store, { ann: 1 })
      store.clock.advance(10_000)
      await store.sweep()
      await store.add({ agentId: 'b' }, ANN)
      await expectCounts(store, { ann: 2 })
    })

    test('have expired agents until they are removed', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a', ttlSeconds: 10 }, ANN)
      await store.add({ agentId: 'b', ttlSeconds: 60 }, ANN)
      store.clock.advance(10_000)
      await expectCounts(store, { ann: 2 })
      await store.sweep()
      await expectCounts(store, { ann: 2 })
      await store.repository.deleteExpired()
      await expectCounts(store, { ann: 1 })
    })

    test('are of exactly the transitions up to their revision, also while agents register', async () => {
      await using store = await StoreUnderTest.open(subject)
      const registering = Promise.all(
        Array.from({ length: AGENTS }, (_, index) =>
          store.add({ agentId: nthId(index), metadata: LONG_METADATA }, index % 2 ? ANN : BO),
        ),
      )
      let isDone = false
      void registering.finally(() => {
        isDone = true
      })
      const counts = []
      while (!isDone) {
        counts.push(await store.repository.countByOwner())
        await setImmediate()
      }
      await registering
      const history = await store.transitions()
      for (const { revision, byOwner } of counts) {
        const followed = new OwnerCounter()
        for (const transition of history.slice(0, revision)) followed.apply(transition)
        expect(byOwner, `revision ${revision}`).toEqual(followed.byOwner)
      }
    })

    if (subject.durable) {
      test('are the same after a restart', async () => {
        await using store = await StoreUnderTest.open(subject)
        await store.add({ agentId: 'a' }, ANN)
        await store.add({ agentId: 'b' })
        await store.add({ agentId: 'c', ttlSeconds: 1 }, BO)
        store.clock.advance(1000)
        await store.sweep()
        await store.restart()
        await expectCounts(store, { ann: 1, bo: 1 })
      })
    }
  })
}

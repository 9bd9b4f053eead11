import { describe, expect, test, vi } from 'vitest'
import type { Transition } from '../domain/transition.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

export function describeHistory(subject: ConformanceSubject): void {
  describe('the history', () => {
    test('returns the transitions after a revision, oldest first, up to a limit', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(30)
      const { repository } = store
      const revisions = async (since: number, limit?: number) =>
        (await repository.eventsSince(since, limit)).map(({ revision }) => revision)
      expect(await revisions(0, 3)).toEqual([1, 2, 3])
      expect(await revisions(27, 10)).toEqual([28, 29, 30])
      expect(await revisions(30)).toEqual([])
    })

    test('returns 1000 transitions by default', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(1001)
      expect(await store.repository.eventsSince(0)).toHaveLength(1000)
    })

    test('keeps as many transitions as configured, and rejects older revisions', async () => {
      await using store = await StoreUnderTest.open(subject, { historyLimit: 10 })
      await store.addMany(5)
      expect(await store.transitionTypes()).toHaveLength(5)
      await store.addMany(25, { port: 8001 })
      await store.addMany(3, { port: 8002 })
      expect(await store.revision()).toBe(33)
      expect(await store.transitionTypes(23)).toHaveLength(10)
      for (const since of [0, 5, 22]) {
        await expect(store.repository.eventsSince(since)).rejects.toMatchObject({
          name: 'RegistryError',
          code: 'REVISION_GONE',
        })
      }
    })

    test('rejects a revision in the future', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      expect(await store.repository.eventsSince(1)).toEqual([])
      await expect(store.repository.eventsSince(2)).rejects.toMatchObject({ code: 'REVISION_GONE' })
    })

    test('contains each agent as it was then', async () => {
      await using store = await StoreUnderTest.open(subject)
      const first = await store.add({ metadata: '{"n": 1}', capabilities: ['a'], version: '1' })
      const second = await store.add({ port: 8001 })
      store.clock.advance(3_000)
      await store.repository.delete('scout')
      const [registered, updated, deregistered] = await store.transitions()
      expect(registered?.agent).toEqual(first)
      expect(updated?.agent).toEqual(second)
      const updatedAtMs = store.clock.wallMs()
      expect(deregistered?.agent).toEqual({ ...second, revision: 3, updatedAtMs })
      expect(deregistered?.atMs).toBe(store.clock.wallMs())
    })
  })

  describe('a subscriber', () => {
    test('receives every transition in order, equal to the history', async () => {
      await using store = await StoreUnderTest.open(subject)
      const received = listen(store)
      await store.addMany(50)
      store.clock.advance(5_000)
      await store.add({ agentId: nthId(3), port: 1 })
      await store.repository.updateHeartbeat(nthId(4), { status: 'busy' })
      store.clock.advance(5_000)
      await store.sweep()
      await store.repository.updateHeartbeat(nthId(5))
      await store.repository.deleteExpired()
      await store.repository.delete(nthId(5))
      const history = await store.transitions()
      await vi.waitFor(() => expect(received).toHaveLength(history.length))
      expect(received).toEqual(history)
      expect(received.map(({ revision }) => revision)).toEqual(
        received.map((_, index) => index + 1),
      )
    })

    test('receives no heartbeats, and nothing after unsubscribing', async () => {
      await using store = await StoreUnderTest.open(subject)
      const received: Transition[] = []
      const other = listen(store)
      const unsubscribe = store.repository.subscribe((transitions) => received.push(...transitions))
      await store.add()
      await store.repository.updateHeartbeat('scout', { load: 0.5 })
      await vi.waitFor(() => expect(received).toHaveLength(1))
      unsubscribe()
      unsubscribe()
      await store.add({ port: 8001 })
      await vi.waitFor(() => expect(other).toHaveLength(2))
      expect(received).toHaveLength(1)
    })

    test('that throws affects neither the others nor the store', async () => {
      await using store = await StoreUnderTest.open(subject)
      store.repository.subscribe(() => {
        throw new Error('a listener of the conformance suite throws on purpose')
      })
      const received = listen(store)
      expect(await store.add()).toMatchObject({ alive: true })
      await vi.waitFor(() => expect(received).toHaveLength(1))
      await store.repository.checkWritable()
    })

    test('can read the agents of the transitions it receives', async () => {
      await using store = await StoreUnderTest.open(subject)
      const seen: Promise<unknown>[] = []
      store.repository.subscribe((transitions) => {
        for (const { agentId } of transitions) seen.push(store.repository.get(agentId))
      })
      const agent = await store.add()
      await vi.waitFor(() => expect(seen).toHaveLength(1))
      expect(await seen[0]).toEqual(agent)
    })
  })
}

function listen(store: StoreUnderTest): Transition[] {
  const received: Transition[] = []
  store.repository.subscribe((transitions) => received.push(...transitions))
  return received
}

import { describe, expect, test, vi } from 'vitest'
import type { Transition } from '../domain/transition.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

export function describeHistory(subject: ConformanceSubject): void {
  describe('the history', () => {
    test('gives what came after a revision, oldest first, at most so many', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(30)
      const { repository } = store
      const revisions = async (since: number, limit?: number) =>
        (await repository.eventsSince(since, limit)).map(({ revision }) => revision)
      expect(await revisions(0, 3)).toEqual([1, 2, 3])
      expect(await revisions(27, 10)).toEqual([28, 29, 30])
      expect(await revisions(30)).toEqual([])
    })

    test('gives a thousand when no limit is named', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(1001)
      expect(await store.repository.eventsSince(0)).toHaveLength(1000)
    })

    test('keeps as many as it was told to, and says so when asked for older ones', async () => {
      await using store = await StoreUnderTest.open(subject, { historyLimit: 10 })
      await store.addMany(5)
      expect(await store.story()).toHaveLength(5)
      await store.addMany(25, { port: 8001 })
      await store.addMany(3, { port: 8002 })
      expect(await store.revision()).toBe(33)
      expect(await store.story(23)).toHaveLength(10)
      for (const since of [0, 5, 22]) {
        await expect(store.repository.eventsSince(since)).rejects.toMatchObject({
          name: 'RegistryError',
          code: 'REVISION_GONE',
        })
      }
    })

    test('refuses a revision that has not come yet', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      expect(await store.repository.eventsSince(1)).toEqual([])
      await expect(store.repository.eventsSince(2)).rejects.toMatchObject({ code: 'REVISION_GONE' })
    })

    test('shows each agent as it was then', async () => {
      await using store = await StoreUnderTest.open(subject)
      const first = await store.add({ metadata: '{"n": 1}', capabilities: ['a'], version: '1' })
      const second = await store.add({ port: 8001 })
      store.clock.advance(3_000)
      await store.repository.delete('scout')
      const [registered, updated, deregistered] = await store.transitions()
      expect(registered?.agent).toEqual(first)
      expect(updated?.agent).toEqual(second)
      expect(deregistered?.agent).toEqual({ ...second, revision: 3 })
      expect(deregistered?.atMs).toBe(store.clock.wallMs())
    })
  })

  describe('a subscriber', () => {
    test('hears every transition in order, and just what the history says', async () => {
      await using store = await StoreUnderTest.open(subject)
      const heard = listen(store)
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
      await vi.waitFor(() => expect(heard).toHaveLength(history.length))
      expect(heard).toEqual(history)
      expect(heard.map(({ revision }) => revision)).toEqual(heard.map((_, index) => index + 1))
    })

    test('hears nothing of heartbeats, and nothing once it has ended', async () => {
      await using store = await StoreUnderTest.open(subject)
      const heard: Transition[] = []
      const stays = listen(store)
      const end = store.repository.subscribe((transitions) => heard.push(...transitions))
      await store.add()
      await store.repository.updateHeartbeat('scout', { load: 0.5 })
      await vi.waitFor(() => expect(heard).toHaveLength(1))
      end()
      end()
      await store.add({ port: 8001 })
      await vi.waitFor(() => expect(stays).toHaveLength(2))
      expect(heard).toHaveLength(1)
    })

    test('that throws harms neither the others nor the store', async () => {
      await using store = await StoreUnderTest.open(subject)
      store.repository.subscribe(() => {
        throw new Error('a listener of the conformance suite throws on purpose')
      })
      const heard = listen(store)
      expect(await store.add()).toMatchObject({ alive: true })
      await vi.waitFor(() => expect(heard).toHaveLength(1))
      await store.repository.checkWritable()
    })

    test('may read what it hears of', async () => {
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
  const heard: Transition[] = []
  store.repository.subscribe((transitions) => heard.push(...transitions))
  return heard
}

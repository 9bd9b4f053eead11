import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

const HOUR_MS = 3_600_000
const openFor = (subject: ConformanceSubject, historyMaxAgeSeconds: number) =>
  StoreUnderTest.open(subject, { historyMaxAgeSeconds })

/** Returns the revisions after a revision, or where the history starts if it is gone. */
async function since(store: StoreUnderTest, revision: number): Promise<number[] | string> {
  try {
    const transitions = await store.repository.eventsSince(revision)
    return transitions.map((transition) => transition.revision)
  } catch (error) {
    const { code, oldestRevision } = error as { code?: unknown; oldestRevision?: unknown }
    return `${code}: begins at ${oldestRevision}`
  }
}

export function describeHistoryAge(subject: ConformanceSubject): void {
  describe('the age of the history', () => {
    test('is evaluated at the time of the read', async () => {
      await using store = await openFor(subject, 60)
      await store.add()
      store.clock.advance(30_000)
      await store.add({ port: 8001 })
      store.clock.advance(30_000)
      expect(await since(store, 0)).toEqual([1, 2, 3])
      expect(await store.repository.historyOf('scout')).toHaveLength(3)
      store.clock.advance(1)
      expect(await since(store, 0)).toBe('REVISION_GONE: begins at 2')
      expect(await since(store, 1)).toEqual([2, 3])
      expect(await store.repository.historyOf('scout')).toHaveLength(2)
    })

    test('removes all transitions of a registry that was idle for long, but keeps its revision', async () => {
      await using store = await openFor(subject, 60)
      await store.add()
      await store.add({ port: 8001 })
      store.clock.advance(60_001)
      expect(await since(store, 0)).toBe('REVISION_GONE: begins at 3')
      expect(await since(store, 1)).toBe('REVISION_GONE: begins at 3')
      expect(await since(store, 2)).toEqual([])
      expect(await since(store, 3)).toBe('REVISION_GONE: begins at 3')
      expect(await store.repository.historyOf('scout')).toEqual([])
      await store.repository.delete('scout')
      expect(await since(store, 2)).toEqual([3, 4])
      expect(await since(store, 1)).toBe('REVISION_GONE: begins at 3')
    })

    test('is a week by default', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ ttlSeconds: 86_400 })
      store.clock.advance(7 * 24 * HOUR_MS)
      expect(await since(store, 0)).toEqual([1])
      store.clock.advance(1)
      expect(await since(store, 0)).toBe('REVISION_GONE: begins at 2')
    })

    test('follows the wall clock of the store, forwards and backwards', async () => {
      await using store = await openFor(subject, 60)
      await store.add({ ttlSeconds: 3_600 })
      store.clock.stepWall(HOUR_MS)
      expect(await since(store, 0)).toBe('REVISION_GONE: begins at 2')
      store.clock.stepWall(-HOUR_MS)
      expect(await since(store, 0)).toEqual([1])
    })

    test('and the number of transitions both limit the history', async () => {
      await using store = await StoreUnderTest.open(subject, {
        historyLimit: 3,
        historyMaxAgeSeconds: 60,
      })
      for (let port = 1; port <= 5; port++) await store.add({ port, ttlSeconds: 3_600 })
      expect(await since(store, 1)).toBe('REVISION_GONE: begins at 3')
      expect(await since(store, 2)).toEqual([3, 4, 5])
      store.clock.advance(30_000)
      await store.add({ port: 6, ttlSeconds: 3_600 })
      store.clock.advance(30_001)
      expect(await since(store, 2)).toBe('REVISION_GONE: begins at 6')
      expect(await since(store, 5)).toEqual([6])
    })

    test('is the same for one agent as for all, even if the wall clock stepped in between', async () => {
      await using store = await openFor(subject, 3_600)
      await store.add({ ttlSeconds: 86_400 })
      store.clock.stepWall(2 * HOUR_MS)
      await store.add({ ttlSeconds: 86_400, port: 2 })
      store.clock.stepWall(-1.5 * HOUR_MS)
      await store.add({ ttlSeconds: 86_400, port: 3 })
      store.clock.advance(1.25 * HOUR_MS)
      expect(await since(store, 1)).toEqual([2, 3])
      const history = await store.repository.historyOf('scout')
      expect(history.map(({ revision }) => revision)).toEqual([2, 3])
    })

    test('includes the time that the store was closed', async () => {
      await using store = await openFor(subject, 60)
      await store.add({ ttlSeconds: 3_600 })
      if (!subject.durable) return
      await store.restart({ awayMs: 60_000 })
      expect(await since(store, 0)).toEqual([1])
      await store.restart({ awayMs: 1 })
      expect(await since(store, 0)).toBe('REVISION_GONE: begins at 2')
      expect(await store.repository.historyOf('scout')).toEqual([])
      await store.repository.delete('scout')
      expect(await since(store, 1)).toEqual([2])
    })
  })

  describe('a revision outside the history', () => {
    test('is rejected with the oldest revision kept', async () => {
      await using store = await StoreUnderTest.open(subject, { historyLimit: 10 })
      await store.addMany(15)
      expect(await since(store, 4)).toBe('REVISION_GONE: begins at 6')
      expect(await since(store, 5)).toHaveLength(10)
      expect(await since(store, 16)).toBe('REVISION_GONE: begins at 6')
    })

    test('is also one ahead of the registry', async () => {
      await using store = await StoreUnderTest.open(subject)
      expect(await since(store, 0)).toEqual([])
      expect(await since(store, 1)).toBe('REVISION_GONE: begins at 1')
      await store.addMany(3)
      expect(await since(store, 3)).toEqual([])
      expect(await since(store, 4)).toBe('REVISION_GONE: begins at 1')
    })
  })
}

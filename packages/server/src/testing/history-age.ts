import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

const HOUR_MS = 3_600_000
const openFor = (subject: ConformanceSubject, historyMaxAgeSeconds: number) =>
  StoreUnderTest.open(subject, { historyMaxAgeSeconds })

/** What the history answers about a revision: the revisions after it, or where it begins. */
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
    test('is judged at the moment of the read', async () => {
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

    test('leaves nothing of a registry that was quiet for long, but the place where it stands', async () => {
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

    test('is a week when nothing else is said', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ ttlSeconds: 86_400 })
      store.clock.advance(7 * 24 * HOUR_MS)
      expect(await since(store, 0)).toEqual([1])
      store.clock.advance(1)
      expect(await since(store, 0)).toBe('REVISION_GONE: begins at 2')
    })

    test('follows the wall clock of the store, forward and back', async () => {
      await using store = await openFor(subject, 60)
      await store.add({ ttlSeconds: 3_600 })
      store.clock.stepWall(HOUR_MS)
      expect(await since(store, 0)).toBe('REVISION_GONE: begins at 2')
      store.clock.stepWall(-HOUR_MS)
      expect(await since(store, 0)).toEqual([1])
    })

    test('and the number of transitions bound it, whichever comes first', async () => {
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

    test('is the same for one agent as for all, though the wall clock stepped in between', async () => {
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

    test('counts the time that the store was closed', async () => {
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

  describe('a revision that is gone', () => {
    test('is told together with the oldest that is there', async () => {
      await using store = await StoreUnderTest.open(subject, { historyLimit: 10 })
      await store.addMany(15)
      expect(await since(store, 4)).toBe('REVISION_GONE: begins at 6')
      expect(await since(store, 5)).toHaveLength(10)
      expect(await since(store, 16)).toBe('REVISION_GONE: begins at 6')
    })

    test('is one ahead of the registry, too', async () => {
      await using store = await StoreUnderTest.open(subject)
      expect(await since(store, 0)).toEqual([])
      expect(await since(store, 1)).toBe('REVISION_GONE: begins at 1')
      await store.addMany(3)
      expect(await since(store, 3)).toEqual([])
      expect(await since(store, 4)).toBe('REVISION_GONE: begins at 1')
    })
  })
}

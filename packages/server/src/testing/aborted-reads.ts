import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

/** More than one page of any store. */
const AGENTS = 1200

const REASON = new Error('the client disconnected')

export function describeAbortedReads(subject: ConformanceSubject): void {
  describe('a read whose signal is aborted', () => {
    test('before it starts rejects with the reason', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { agentId } = await store.add({})
      const { repository } = store
      const signal = AbortSignal.abort(REASON)
      await expect(Array.fromAsync(repository.listAll({}, { signal }))).rejects.toBe(REASON)
      const empty = repository.listAll({ name: 'nobody' }, { signal })
      await expect(Array.fromAsync(empty)).rejects.toBe(REASON)
      const sorted = repository.listAll({ sort: 'load', limit: 1 }, { signal })
      await expect(Array.fromAsync(sorted)).rejects.toBe(REASON)
      await expect(repository.eventsSince(0, 1, { signal })).rejects.toBe(REASON)
      await expect(repository.historyOf(agentId, { signal })).rejects.toBe(REASON)
    })

    test('during a list rejects with the reason, and the store remains usable', async () => {
      await using store = await StoreUnderTest.open(subject)
      await Promise.all(
        Array.from({ length: AGENTS }, (_, at) => store.add({ agentId: nthId(at) })),
      )
      for (const query of [{}, { text: 'scout' }, { includeDead: true }]) {
        const abort = new AbortController()
        const pages = store.repository.listAll(query, abort)[Symbol.asyncIterator]()
        expect((await pages.next()).done).toBe(false)
        abort.abort(REASON)
        await expect(pages.next(), JSON.stringify(query)).rejects.toBe(REASON)
      }
      expect(await store.listed()).toHaveLength(AGENTS)
    })
  })
}

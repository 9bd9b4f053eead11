// What webhooks read of the newest changes: from memory what is there, and from the store what is not.
import { MemoryAgentRegistryRepository, type Transition } from '@rollcall/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RecentHistory } from '../../src/http/webhooks/recent-history.ts'
import { SERVER_LIMITS } from '../../src/limits/server-limits.ts'

const KEPT = SERVER_LIMITS.webhookRecentEvents.value

/** Counts the reads of a store. */
class CountedStore extends MemoryAgentRegistryRepository {
  reads = 0

  override eventsSince(...query: Parameters<MemoryAgentRegistryRepository['eventsSince']>) {
    this.reads++
    return super.eventsSince(...query)
  }
}

let store: CountedStore
let history: RecentHistory
beforeEach(() => {
  store = new CountedStore()
  history = new RecentHistory(store)
})
afterEach(async () => {
  history.close()
  await store.close()
})

async function register(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const { revision } = await store.counts()
    const agent = { agentName: 'A', host: '10.0.0.7', port: 8000 }
    await store.add({ ...agent, agentId: `a${revision}` })
  }
}

const revisionsOf = (transitions: readonly Transition[]) => transitions.map((it) => it.revision)

test('the newest changes are read from memory, as the store has them', async () => {
  await register(10)
  expect(await history.eventsSince(0)).toEqual(await store.eventsSince(0))
  expect(revisionsOf(await history.eventsSince(3, 2))).toEqual([4, 5])
  expect(revisionsOf(await history.eventsSince(9))).toEqual([10])
  // The other read is that of the test.
  expect(store.reads).toBe(1)
})

test('only so many are kept, and older ones are read from the store', async () => {
  await register(KEPT + 5)
  expect(revisionsOf(await history.eventsSince(5, 1))).toEqual([6])
  expect(store.reads).toBe(0)
  expect(revisionsOf(await history.eventsSince(4, 1))).toEqual([5])
  expect(store.reads).toBe(1)
})

test('what it has not observed is read from the store: the store may be ahead', async () => {
  await register(3)
  expect(await history.eventsSince(3)).toEqual([])
  expect(store.reads).toBe(1)
  await expect(history.eventsSince(99)).rejects.toMatchObject({ code: 'REVISION_GONE' })
})

test('waiting ends with the next change, at once if there is one already, or with its signal', async () => {
  await register(1)
  const { signal } = new AbortController()
  await history.changed(0, signal)
  const next = history.changed(1, signal)
  await register(1)
  await next
  const leave = new AbortController()
  const abandoned = history.changed(2, leave.signal)
  leave.abort()
  await abandoned
  const closed = history.changed(2, signal)
  history.close()
  await closed
})

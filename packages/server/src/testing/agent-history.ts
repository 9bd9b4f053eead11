import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

/** Opens a store with several lives of `scout`, interleaved with other agents. */
async function openStore(subject: ConformanceSubject): Promise<StoreUnderTest> {
  const store = await StoreUnderTest.open(subject)
  const { repository, clock } = store
  await store.add()
  await store.add({ agentId: 'other' })
  await store.add({ agentId: 'scout-2' })
  await repository.updateHeartbeat('scout', { status: 'busy' })
  clock.advance(10_000)
  await store.sweep()
  await repository.deleteExpired()
  await store.add({ agentName: 'Scout again' })
  await store.add({ agentId: 'other' })
  await repository.delete('scout')
  await store.add({ agentId: 'scout-2' })
  await store.add({ port: 8001 })
  clock.advance(10_000)
  await repository.updateHeartbeat('scout')
  return store
}

const LONG_RUNNING = [
  ...['registered', 'updated', 'expired', 'removed'],
  ...['registered', 'deregistered'],
  ...['registered', 'expired', 'revived'],
]

export function describeAgentHistory(subject: ConformanceSubject): void {
  describe('the history of an agent', () => {
    test('contains all its lives, oldest first, and no other agent', async () => {
      await using store = await openStore(subject)
      const history = await store.repository.historyOf('scout')
      expect(history.map(({ type }) => type)).toEqual(LONG_RUNNING)
      expect(history).toEqual(
        (await store.transitions()).filter(({ agentId }) => agentId === 'scout'),
      )
    })

    test('is empty for an agent that never existed', async () => {
      await using store = await openStore(subject)
      for (const agentId of ['unknown', 'scou', 'SCOUT']) {
        expect(await store.repository.historyOf(agentId)).toEqual([])
      }
    })

    test('remains when the agent is removed', async () => {
      await using store = await openStore(subject)
      await store.repository.delete('scout')
      expect(await store.repository.get('scout')).toBeUndefined()
      const history = await store.repository.historyOf('scout')
      expect(history.map(({ type }) => type)).toEqual([...LONG_RUNNING, 'deregistered'])
    })

    test('returns the newest transitions before any revision, up to the limit', async () => {
      await using store = await openStore(subject)
      const { repository } = store
      const whole = await repository.historyOf('scout')
      for (let limit = 1; limit <= whole.length + 1; limit++) {
        expect(await repository.historyOf('scout', { limit })).toEqual(whole.slice(-limit))
      }
      for (let before = 0; before <= (await store.revision()) + 2; before++) {
        const earlier = whole.filter(({ revision }) => revision < before)
        expect(await repository.historyOf('scout', { before })).toEqual(earlier)
        expect(await repository.historyOf('scout', { before, limit: 2 })).toEqual(earlier.slice(-2))
      }
    })

    test('returns 100 transitions by default', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (let port = 1; port <= 101; port++) await store.add({ port })
      const history = await store.repository.historyOf('scout')
      expect(history).toHaveLength(100)
      expect(history[0]).toMatchObject({ revision: 2 })
    })

    test('reaches back as far as the history of all agents', async () => {
      await using store = await StoreUnderTest.open(subject, { historyLimit: 10 })
      const revisions = async () =>
        (await store.repository.historyOf('scout')).map(({ revision }) => revision)
      await store.add()
      await store.addMany(4)
      await store.add({ port: 8001 })
      expect(await revisions()).toEqual([1, 6])
      await store.addMany(4, { port: 8002 })
      expect(await revisions()).toEqual([1, 6])
      await store.repository.delete('agent-0000')
      expect(await revisions()).toEqual([6])
      await store.addMany(20, { port: 8003 })
      expect(await revisions()).toEqual([])
    })

    test('survives a restart of a durable store', async () => {
      await using store = await openStore(subject)
      if (!subject.durable) return
      const history = await store.repository.historyOf('scout')
      await store.restart({ awayMs: 1_000 })
      expect(await store.repository.historyOf('scout')).toEqual(history)
      await store.repository.delete('scout')
      expect(await store.repository.historyOf('scout', { limit: 2 })).toMatchObject([
        { type: 'revived' },
        { type: 'deregistered', revision: await store.revision() },
      ])
    })
  })
}

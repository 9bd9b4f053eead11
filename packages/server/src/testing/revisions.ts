import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

export function describeRevisions(subject: ConformanceSubject): void {
  describe('the revision', () => {
    test('starts at 0 and increases by one with each transition of any agent', async () => {
      await using store = await StoreUnderTest.open(subject)
      expect(await store.revision()).toBe(0)
      await store.add({ agentId: 'a' })
      await store.add({ agentId: 'b' })
      await store.add({ agentId: 'a', port: 8001 })
      await store.repository.updateHeartbeat('b', { status: 'busy' })
      store.clock.advance(10_000)
      await store.sweep()
      await store.repository.updateHeartbeat('a')
      await store.repository.deleteExpired()
      await store.repository.delete('a')
      const transitions = await store.transitions()
      expect(transitions.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(await store.revision()).toBe(9)
    })

    test('does not change on heartbeats, reads, or operations without effect', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      const { repository } = store
      const scout = { agentId: 'scout' }
      await repository.updateHeartbeat('scout', { status: 'ready', load: 0.5 })
      await repository.updateHeartbeats([scout, { ...scout, load: 0.7 }, { agentId: 'unknown' }])
      await repository.updateHeartbeat('unknown')
      await repository.delete('unknown')
      await store.sweep()
      await repository.deleteExpired()
      await store.list({ includeDead: true })
      expect(await store.revision()).toBe(1)
    })

    test('of an agent is the revision of its last transition', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a' })
      await store.add({ agentId: 'b' })
      expect(await store.get('a')).toMatchObject({ revision: 1 })
      const receipt = await store.repository.updateHeartbeat('a', { status: 'busy' })
      expect(receipt).toMatchObject({ revision: 3 })
      expect(await store.repository.updateHeartbeat('b')).toMatchObject({ revision: 2 })
      expect(await store.get('a')).toMatchObject({ revision: 3 })
    })

    test('belongs to an epoch, which differs between stores', async () => {
      await using store = await StoreUnderTest.open(subject)
      await using other = await StoreUnderTest.open(subject)
      const { epoch } = await store.repository.counts()
      await store.add()
      expect((await store.repository.counts()).epoch).toBe(epoch)
      expect((await other.repository.counts()).epoch).not.toBe(epoch)
    })
  })
}

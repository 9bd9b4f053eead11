import { describe, expect, test } from 'vitest'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { registration } from './sample-registration.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const CALLS: Readonly<Record<string, (repository: AgentRegistryRepository) => Promise<unknown>>> = {
  add: (repository) => repository.add(registration()),
  get: (repository) => repository.get('scout'),
  listAll: (repository) => Array.fromAsync(repository.listAll()),
  updateHeartbeat: (repository) => repository.updateHeartbeat('scout'),
  updateHeartbeats: (repository) => repository.updateHeartbeats([{ agentId: 'scout' }]),
  delete: (repository) => repository.delete('scout'),
  expireLapsed: (repository) => repository.expireLapsed(),
  deleteExpired: (repository) => repository.deleteExpired(),
  eventsSince: (repository) => repository.eventsSince(0),
  historyOf: (repository) => repository.historyOf('scout'),
  counts: (repository) => repository.counts(),
  countByOwner: (repository) => repository.countByOwner(),
  countByCapability: (repository) => repository.countByCapability(),
  checkWritable: (repository) => repository.checkWritable(),
}

export function describeClosing(subject: ConformanceSubject): void {
  describe('a closed store', () => {
    test('rejects every call', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      await store.repository.close()
      for (const [name, call] of Object.entries(CALLS)) {
        await expect(call(store.repository), name).rejects.toMatchObject({
          name: 'RegistryError',
          code: 'CLOSED',
        })
      }
    })

    test('can be closed again, also while it is closing', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      await Promise.all([store.repository.close(), store.repository.close()])
      await store.repository.close()
    })

    test('completes calls that were in flight when it closed', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(100)
      store.clock.advance(1_000)
      const heartbeat = store.repository.updateHeartbeat(nthId(2), { status: 'busy' })
      const deleted = store.repository.delete(nthId(3))
      const adding = store.add({ agentId: 'last' })
      await store.repository.close()
      expect(await adding).toMatchObject({ agentId: 'last', revision: 103 })
      expect(await deleted).toBe(true)
      expect(await heartbeat).toMatchObject({ revision: 101 })
      if (!subject.durable) return
      await store.restart()
      expect(await store.get('last')).toEqual(await adding)
      expect(await store.get(nthId(2))).toMatchObject({ status: 'busy' })
      expect(await store.repository.get(nthId(3))).toBeUndefined()
    })

    test('closes at the end of `await using`', async () => {
      await using store = await StoreUnderTest.open(subject)
      {
        await using repository = store.repository
        await repository.add(registration())
      }
      await expect(store.repository.counts()).rejects.toMatchObject({ code: 'CLOSED' })
    })
  })

  describe('an open store', () => {
    test('reports its capabilities', async () => {
      await using store = await StoreUnderTest.open(subject)
      expect(store.repository.capabilities.name).not.toBe('')
      expect(store.repository.capabilities.durable).toBe(subject.durable ?? false)
      await store.repository.checkWritable()
      expect(store.repository.statistics()).toMatchObject({ failures: 0, stalledMs: 0 })
    })
  })
}

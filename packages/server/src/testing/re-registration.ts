import { mapDetails, NO_DETAILS } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import type { AgentRegistration } from '../domain/agent-registration.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const VISIBLE_CHANGES: readonly Partial<AgentRegistration>[] = [
  { agentName: 'Scout II' },
  { host: '10.0.0.8' },
  { port: 8001 },
  { ttlSeconds: 11 },
  { metadata: { zone: 'a' } },
  { metadata: '{"zone":"a"}' },
  { capabilities: ['search'] },
  { version: '1.1' },
  { details: mapDetails(() => 'a') },
  { url: 'https://scout.example/' },
  { status: 'busy' },
]

export function describeReRegistration(subject: ConformanceSubject): void {
  describe('registering again', () => {
    test('returns all given values, with defaults', async () => {
      await using store = await StoreUnderTest.open(subject)
      const now = store.clock.wallMs()
      expect({ ...(await store.add({ ttlSeconds: undefined })) }).toEqual({
        agentId: 'scout',
        agentName: 'Scout',
        host: '10.0.0.7',
        port: 8000,
        ttlSeconds: 60,
        metadata: null,
        capabilities: [],
        version: null,
        details: NO_DETAILS,
        tags: [],
        card: null,
        url: 'http://10.0.0.7:8000',
        status: 'ready',
        load: null,
        instanceId: null,
        incarnation: 1,
        owner: null,
        registeredAtMs: now,
        updatedAtMs: now,
        lastHeartbeatMs: now,
        expiresAtMs: now + 60_000,
        revision: 1,
        suspect: false,
        maintenance: null,
        alive: true,
      })
    })

    test('keeps the time of the first registration, even after an expiry', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { registeredAtMs } = await store.add()
      store.clock.advance(5_000)
      expect((await store.add({ port: 8001 })).registeredAtMs).toBe(registeredAtMs)
      store.clock.advance(10_000)
      await store.sweep()
      expect(await store.add()).toMatchObject({
        registeredAtMs,
        lastHeartbeatMs: store.clock.wallMs(),
      })
    })

    test('renews the lease without a transition if nothing visible changed', async () => {
      await using store = await StoreUnderTest.open(subject)
      const fields = { metadata: { zone: 'a' }, capabilities: ['search'], version: '1', load: 0.1 }
      const details = () => mapDetails(() => 'a')
      const first = await store.add({ ...fields, details: details() })
      store.clock.advance(5_000)
      const again = await store.add({
        ...fields,
        details: details(),
        metadata: { zone: 'a' },
        load: 0.9,
      })
      expect(again).toMatchObject({
        revision: first.revision,
        load: 0.9,
        lastHeartbeatMs: first.lastHeartbeatMs + 5_000,
        expiresAtMs: first.expiresAtMs + 5_000,
      })
      expect(await store.get()).toEqual(again)
      expect(await store.transitionTypes()).toEqual(['registered'])
    })

    test('causes a transition for each visible change', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const [index, change] of VISIBLE_CHANGES.entries()) {
        const agentId = nthId(index)
        const { revision } = await store.add({ agentId })
        const changed = await store.add({ ...change, agentId })
        expect(changed, JSON.stringify(change)).toMatchObject({ revision: revision + 1 })
        expect(await store.get(agentId)).toEqual(changed)
        const [updated] = await store.repository.eventsSince(revision)
        expect(updated).toMatchObject({ type: 'updated', revision: revision + 1, agentId })
        expect(updated?.agent).toEqual(changed)
        expect(updated?.reason).not.toBe('')
      }
    })

    test('replaces all earlier values except status and load', async () => {
      await using store = await StoreUnderTest.open(subject)
      const all = { metadata: { a: 1 }, capabilities: ['x'], version: '1', url: 'http://u/' }
      const details = mapDetails(() => 'a')
      await store.add({ ...all, details, status: 'busy', load: 0.5 })
      expect(await store.add()).toMatchObject({
        metadata: null,
        capabilities: [],
        version: null,
        details: NO_DETAILS,
        url: 'http://10.0.0.7:8000',
        status: 'busy',
        load: 0.5,
      })
      expect(await store.add({ load: null })).toMatchObject({ load: null })
    })

    test('changes nothing if it is rejected', async () => {
      await using store = await StoreUnderTest.open(subject)
      const before = await store.add()
      await expect(store.add({ port: 9, metadata: 'not JSON' })).rejects.toMatchObject({
        code: 'INVALID_REGISTRATION',
        pointer: '/metadata',
      })
      expect(await store.get()).toEqual(before)
      expect(await store.transitionTypes()).toEqual(['registered'])
    })

    test('does not change a record that was read before', async () => {
      await using store = await StoreUnderTest.open(subject)
      const before = await store.add()
      const copy = { ...before }
      const [listed] = await store.list()
      store.clock.advance(1_000)
      await store.add({ port: 8001, status: 'busy', load: 1 })
      expect({ ...before }).toEqual(copy)
      expect({ ...listed }).toEqual(copy)
    })
  })
}

import { describe, expect, test } from 'vitest'
import { isRegistryError } from '../domain/registry-error.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

/** Lists that could be confused when they are joined to a text. */
const SIMILAR: readonly (readonly string[])[] = [
  ['a', 'b'],
  ['a\nb'],
  ['a,b'],
  ['a', '', 'b'],
  ['a\n', 'b'],
  ['ab'],
  [],
  [''],
]

export function describeRegisteredValues(subject: ConformanceSubject): void {
  describe('the registered values of an agent', () => {
    test('do not change when the caller mutates its objects later', async () => {
      await using store = await StoreUnderTest.open(subject)
      const capabilities = ['search']
      const metadata = { zone: 'eu' }
      const agent = await store.add({ capabilities, metadata })
      const other = await store.add({ agentId: 'other', capabilities: ['search'] })
      capabilities[0] = 'sum'
      metadata.zone = 'us'
      expect(agent.capabilities).toEqual(['search'])
      expect(agent.metadataValue).toEqual({ zone: 'eu' })
      expect(other).toMatchObject({ capabilities: ['search'] })
      expect(await store.listed({ capabilities: ['search'] })).toEqual(['other', 'scout'])
      expect(await store.listed({ capabilities: ['sum'] })).toEqual([])
      expect(await store.add({ agentId: 'third', capabilities: ['search'] })).toMatchObject({
        capabilities: ['search'],
      })
    })

    test('are not confused with similar values of another agent', async () => {
      await using store = await StoreUnderTest.open(subject)
      const accepted = new Map<string, readonly string[]>()
      for (const lists of [SIMILAR, SIMILAR.toReversed()]) {
        for (const capabilities of lists) {
          const agentId = nthId(accepted.size)
          const adding = store.add({ agentId, capabilities })
          // A store may reject unusual values, but must keep those that it accepts.
          const outcome = await adding.catch((error: unknown) => error)
          if (isRegistryError(outcome, 'INVALID_REGISTRATION')) continue
          expect(outcome).toMatchObject({ capabilities })
          accepted.set(agentId, capabilities)
        }
      }
      if (subject.durable) await store.restart()
      for (const [agentId, capabilities] of accepted) {
        expect(await store.get(agentId)).toMatchObject({ capabilities })
      }
    })
  })
}

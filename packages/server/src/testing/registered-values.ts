import { describe, expect, test } from 'vitest'
import { isRegistryError } from '../domain/registry-error.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

/** Lists that are the same text when they are written in a row. */
const ALIKE: readonly (readonly string[])[] = [
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
  describe('what an agent says of itself', () => {
    test('stays as it was said, whatever the caller does to its own objects later', async () => {
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

    test('is never mistaken for what another says that looks like it', async () => {
      await using store = await StoreUnderTest.open(subject)
      const taken = new Map<string, readonly string[]>()
      for (const lists of [ALIKE, ALIKE.toReversed()]) {
        for (const capabilities of lists) {
          const agentId = nthId(taken.size)
          const adding = store.add({ agentId, capabilities })
          // Whether a store takes odd ones is its own affair; that it keeps what it takes is not.
          const outcome = await adding.catch((error: unknown) => error)
          if (isRegistryError(outcome, 'INVALID_REGISTRATION')) continue
          expect(outcome).toMatchObject({ capabilities })
          taken.set(agentId, capabilities)
        }
      }
      if (subject.durable) await store.restart()
      for (const [agentId, capabilities] of taken) {
        expect(await store.get(agentId)).toMatchObject({ capabilities })
      }
    })
  })
}

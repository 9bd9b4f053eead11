import { describe, expect, test } from 'vitest'
import type { AgentRegistration } from '../domain/agent-registration.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

const FORMS: Readonly<Record<string, object | string | null>> = {
  'an empty object': {},
  'an object in an order of its own': { b: 1, a: { d: [1, 2.5, -0.1, 1e21, true, null], c: '' } },
  'an object with every kind of text': { quote: '"\\/', line: '\n\u2028', umlaut: 'ü', far: '🛰' },
  'an object with half of a surrogate pair, which JSON can escape': { half: '\ud83d' },
  'an object with names that JavaScript knows': JSON.parse('{"__proto__":{"a":1},"toString":2}'),
  'a string with spaces that mean nothing': ' { "b" : 1,\n "a" : 2 } ',
  'a string with the same name twice': '{"a":1,"a":2}',
  'a string that holds a list': '[1,2,3]',
  'a string that holds a string': '"text"',
  'a string that holds a number too large for JavaScript': '123456789012345678901234567890',
  'a string that holds null': 'null',
  'the longest string': JSON.stringify('x'.repeat(3998)),
  'the longest object': { text: 'x'.repeat(4000 - '{"text":""}'.length) },
  nothing: null,
}

const REFUSED: Readonly<Record<string, Partial<AgentRegistration>>> = {
  'a string that is no JSON': { metadata: '{zone: a}' },
  'an empty string': { metadata: '' },
  'a string that is too long': { metadata: JSON.stringify('x'.repeat(3999)) },
  'an object that is too long': { metadata: { text: 'x'.repeat(4001 - '{"text":""}'.length) } },
  'half of a surrogate pair in a string': { metadata: '"\ud83d"' },
}

export function describeMetadataForms(subject: ConformanceSubject): void {
  describe('metadata', () => {
    test.each(Object.keys(FORMS))('comes back as it was given: %s', async (name) => {
      await using store = await StoreUnderTest.open(subject)
      const metadata = FORMS[name] ?? null
      const added = await store.add({ metadata })
      expect(added.metadataValue).toEqual(metadata)
      expect(JSON.stringify(added.metadataValue)).toBe(JSON.stringify(metadata))
      expect(await store.get()).toEqual(added)
      expect(await store.list()).toEqual([added])
      expect((await store.transitions())[0]?.agent).toEqual(added)
      // The same again is no change.
      expect(await store.add({ metadata })).toMatchObject({ revision: 1 })
      if (!subject.durable) return
      await store.restart()
      expect((await store.get()).metadata).toEqual(added.metadata)
      expect((await store.transitions())[0]?.agent).toEqual(added)
    })

    test.each(Object.keys(REFUSED))('is refused: %s', async (name) => {
      await using store = await StoreUnderTest.open(subject)
      await expect(store.add(REFUSED[name])).rejects.toMatchObject({
        code: 'INVALID_REGISTRATION',
        pointer: '/metadata',
      })
      expect(await store.repository.counts()).toMatchObject({ registered: 0, revision: 0 })
    })

    test('that names capabilities gives them, unless they were said', async () => {
      await using store = await StoreUnderTest.open(subject)
      const metadata = { capabilities: ['a', 'b'] }
      expect((await store.add({ metadata })).capabilities).toEqual(['a', 'b'])
      expect((await store.add({ metadata, capabilities: ['c'] })).capabilities).toEqual(['c'])
      expect((await store.add({ metadata, capabilities: [] })).capabilities).toEqual([])
      expect((await store.get()).metadataValue).toEqual(metadata)
    })
  })
}

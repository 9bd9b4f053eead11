import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

const FORMS: Readonly<Record<string, object | string | null>> = {
  'an empty object': {},
  'an object with keys in no particular order': {
    b: 1,
    a: { d: [1, 2.5, -0.1, 1e21, true, null], c: '' },
  },
  'an object with every kind of text': { quote: '"\\/', line: '\n\u2028', umlaut: 'ü', far: '🛰' },
  'an object with a lone surrogate, which JSON can escape': { half: '\ud83d' },
  'an object with keys that are special in JavaScript': JSON.parse(
    '{"__proto__":{"a":1},"toString":2}',
  ),
  'a string with insignificant whitespace': ' { "b" : 1,\n "a" : 2 } ',
  'a string with a duplicate key': '{"a":1,"a":2}',
  'a string that contains a list': '[1,2,3]',
  'a string that contains a string': '"text"',
  'a string that contains a number too large for JavaScript': '123456789012345678901234567890',
  'a string that contains null': 'null',
  'the longest string': JSON.stringify('x'.repeat(3998)),
  'the longest object': { text: 'x'.repeat(4000 - '{"text":""}'.length) },
  nothing: null,
}

class Region {
  readonly name = 'eu'
}

/** Values that JSON would change or drop, and the pointers to them. */
const LOSSY: readonly (readonly [object, pointer: string])[] = [
  [{ a: Number.NaN }, '/metadata/a'],
  [{ a: [0, Number.POSITIVE_INFINITY] }, '/metadata/a/1'],
  [{ a: { 'b/c~d': 1n } }, '/metadata/a/b~1c~0d'],
  [{ a: [undefined] }, '/metadata/a/0'],
  [{ a: Array(1) }, '/metadata/a/0'],
  [{ a: () => 1 }, '/metadata/a'],
  [{ a: Symbol('a') }, '/metadata/a'],
  [{ a: new Date() }, '/metadata/a'],
  [{ a: new Map([[1, 2]]) }, '/metadata/a'],
  [{ a: new Region() }, '/metadata/a'],
  [{ a: 1, toJSON: () => 'b' }, '/metadata/toJSON'],
  [new Date(), '/metadata'],
  [[1, 2], '/metadata'],
]

const REJECTED: Readonly<Record<string, object | string>> = {
  'a string that is not JSON': '{zone: a}',
  'an empty string': '',
  'a string that is too long': JSON.stringify('x'.repeat(3999)),
  'an object that is too long': { text: 'x'.repeat(4001 - '{"text":""}'.length) },
  'a lone surrogate in a string': '"\ud83d"',
}

export function describeMetadataForms(subject: ConformanceSubject): void {
  describe('metadata', () => {
    test('is returned as it was given, in every form', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const [form, metadata] of Object.entries(FORMS)) {
        const added = await store.add({ metadata })
        expect(added.metadataValue, form).toEqual(metadata)
        expect(JSON.stringify(added.metadataValue), form).toBe(JSON.stringify(metadata))
        expect(await store.get(), form).toEqual(added)
        expect(await store.list(), form).toEqual([added])
        expect((await store.repository.eventsSince(added.revision - 1))[0]?.agent).toEqual(added)
        // Repeating the same registration is not a change.
        expect(await store.add({ metadata }), form).toMatchObject({ revision: added.revision })
      }
      if (!subject.durable) return
      const history = await store.transitions()
      await store.restart()
      expect(await store.transitions()).toEqual(history)
    })

    test('that is rejected changes nothing', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const [form, metadata] of Object.entries(REJECTED)) {
        const adding = store.add({ metadata })
        await expect(adding, form).rejects.toMatchObject({
          code: 'INVALID_REGISTRATION',
          pointer: '/metadata',
        })
      }
      expect(await store.repository.counts()).toMatchObject({ registered: 0, revision: 0 })
    })

    test('that JSON would change is rejected, with a pointer to the value', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const [metadata, pointer] of LOSSY) {
        const error = { code: 'INVALID_REGISTRATION', pointer }
        await expect(store.add({ metadata }), pointer).rejects.toMatchObject(error)
      }
      expect(await store.repository.counts()).toMatchObject({ registered: 0, revision: 0 })
      // A property with the value undefined counts as missing.
      const { metadataValue } = await store.add({ metadata: { a: undefined, b: -0 } })
      expect(metadataValue).toEqual({ b: 0 })
    })

    test('provides the capabilities, unless they are given explicitly', async () => {
      await using store = await StoreUnderTest.open(subject)
      const metadata = { capabilities: ['a', 'b'] }
      expect((await store.add({ metadata })).capabilities).toEqual(['a', 'b'])
      expect((await store.add({ metadata, capabilities: ['c'] })).capabilities).toEqual(['c'])
      expect((await store.add({ metadata, capabilities: [] })).capabilities).toEqual([])
      expect((await store.get()).metadataValue).toEqual(metadata)
    })
  })
}

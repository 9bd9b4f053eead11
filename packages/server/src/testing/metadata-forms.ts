import { describe, expect, test } from 'vitest'
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

class Region {
  readonly name = 'eu'
}

/** What JSON would hold in another form, or not at all, and where it is. */
const CHANGED: readonly (readonly [object, pointer: string])[] = [
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

const REFUSED: Readonly<Record<string, object | string>> = {
  'a string that is no JSON': '{zone: a}',
  'an empty string': '',
  'a string that is too long': JSON.stringify('x'.repeat(3999)),
  'an object that is too long': { text: 'x'.repeat(4001 - '{"text":""}'.length) },
  'half of a surrogate pair in a string': '"\ud83d"',
}

export function describeMetadataForms(subject: ConformanceSubject): void {
  describe('metadata', () => {
    test('comes back as it was given, in every form', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const [form, metadata] of Object.entries(FORMS)) {
        const added = await store.add({ metadata })
        expect(added.metadataValue, form).toEqual(metadata)
        expect(JSON.stringify(added.metadataValue), form).toBe(JSON.stringify(metadata))
        expect(await store.get(), form).toEqual(added)
        expect(await store.list(), form).toEqual([added])
        expect((await store.repository.eventsSince(added.revision - 1))[0]?.agent).toEqual(added)
        // The same again is no change.
        expect(await store.add({ metadata }), form).toMatchObject({ revision: added.revision })
      }
      if (!subject.durable) return
      const history = await store.transitions()
      await store.restart()
      expect(await store.transitions()).toEqual(history)
    })

    test('in a form that is refused changes nothing', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const [form, metadata] of Object.entries(REFUSED)) {
        const adding = store.add({ metadata })
        await expect(adding, form).rejects.toMatchObject({
          code: 'INVALID_REGISTRATION',
          pointer: '/metadata',
        })
      }
      expect(await store.repository.counts()).toMatchObject({ registered: 0, revision: 0 })
    })

    test('that JSON would change is refused, with a pointer to the value', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const [metadata, pointer] of CHANGED) {
        const refusal = { code: 'INVALID_REGISTRATION', pointer }
        await expect(store.add({ metadata }), pointer).rejects.toMatchObject(refusal)
      }
      expect(await store.repository.counts()).toMatchObject({ registered: 0, revision: 0 })
      // A property that is undefined is one that is not there.
      const { metadataValue } = await store.add({ metadata: { a: undefined, b: -0 } })
      expect(metadataValue).toEqual({ b: 0 })
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

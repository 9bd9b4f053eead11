import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capabilitiesIn, fromMetadata, toMetadata } from '../../src/domain/metadata.ts'

const rejection = { code: 'INVALID_REGISTRATION', pointer: '/metadata' }

describe('metadata', () => {
  test('is null when not given', () => {
    expect(toMetadata(undefined)).toBeNull()
    expect(toMetadata(null)).toBeNull()
    expect(fromMetadata(null)).toBeNull()
  })

  test('is returned unchanged, for any object or JSON string', () => {
    const objects = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(objects, (object) => {
        const json = JSON.stringify(object)
        fc.pre(json.length <= 4000)
        expect(fromMetadata(toMetadata(object))).toEqual(JSON.parse(json))
        expect(fromMetadata(toMetadata(json))).toBe(json)
      }),
    )
  })

  test('may have at most 4000 characters as JSON', () => {
    const text = (length: number) => JSON.stringify('x'.repeat(length - 2))
    const object = (length: number) => ({ k: 'x'.repeat(length - '{"k":""}'.length) })
    expect(toMetadata(text(4000))?.json).toHaveLength(4000)
    expect(toMetadata(object(4000))?.json).toHaveLength(4000)
    expect(() => toMetadata(text(4001))).toThrow(expect.objectContaining(rejection))
    expect(() => toMetadata(object(4001))).toThrow(/4001 characters.*at most 4000/)
  })

  test.each(['', ' ', '{', "{'a':1}", 'undefined', 'NaN', '{"a":1}}', '"\ud83d"'])(
    'is rejected as the string %j',
    (text) => {
      expect(() => toMetadata(text)).toThrow(expect.objectContaining(rejection))
    },
  )

  test('is rejected when it is nested too deeply, circular, or has a number without JSON', () => {
    let deep: object = {}
    for (let level = 0; level < 100_000; level++) deep = { deep }
    const circular: { self?: object } = {}
    circular.self = circular
    for (const given of [deep, circular]) {
      expect(() => toMetadata(given)).toThrow(expect.objectContaining(rejection))
    }
    const big = { ...rejection, pointer: '/metadata/big' }
    expect(() => toMetadata({ big: 1n })).toThrow(expect.objectContaining(big))
  })
})

describe('capabilities in metadata', () => {
  test.each([
    [{ capabilities: ['a', 'b'] }, ['a', 'b']],
    [{ capabilities: [] }, []],
    ['{"capabilities":["a"]}', ['a']],
    ['{"capab\\u0069lities":["a"]}', ['a']],
    [{ capabilities: ['a', 1] }, undefined],
    [{ capabilities: 'a' }, undefined],
    [{ nested: { capabilities: ['a'] } }, undefined],
    ['["capabilities"]', undefined],
    ['"capabilities"', undefined],
    [{}, undefined],
    [null, undefined],
  ])('of %j are %j', (given, expected) => {
    expect(capabilitiesIn(toMetadata(given))).toEqual(expected)
  })
})

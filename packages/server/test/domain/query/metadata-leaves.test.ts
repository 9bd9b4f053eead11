import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toMetadata } from '../../../src/domain/metadata.ts'
import { AgentMatcher } from '../../../src/domain/query/agent-matcher.ts'
import {
  type MetadataLeaf,
  metadataLeaves,
  metadataMeets,
} from '../../../src/domain/query/metadata-leaves.ts'
import { SERVER_LIMITS } from '../../../src/limits/server-limits.ts'

const leavesOf = (given: object | string | null): string[] =>
  metadataLeaves(toMetadata(given)).leaves.map(({ path, value }) =>
    value === undefined ? path : `${path}=${value}`,
  )

describe('the values in metadata', () => {
  test.each<readonly [given: object | string | null, ...leaves: string[]]>([
    [null],
    [{}],
    ['[]'],
    ['null', '=null'],
    ['"text"', '=text'],
    ['-1.50', '=-1.5'],
    [{ a: 1, b: 'x' }, 'a=1', 'b=x'],
    [{ a: { b: { c: true } } }, 'a.b.c=true'],
    [{ 'a.b': 1, a: { b: 2 } }, 'a.b=1', 'a.b=2'],
    [{ a: [1, [2, { b: 3 }]] }, 'a=1', 'a=2', 'a.b=3'],
    ['[{"a": 1}, {"a": 1}]', 'a=1', 'a=1'],
    [{ a: '', b: null, c: [], d: {} }, 'a=', 'b=null', 'c', 'd'],
    [{ a: 1e21, b: 1e-7, c: 0.1 + 0.2 }, 'a=1e+21', 'b=1e-7', 'c=0.30000000000000004'],
    ['{"a": 1, "a": 2}', 'a=2'],
    ['[12345678901234567890, 1e400, 1.0, 1e2]', '=12345678901234567890', '=1e400', '=1', '=100'],
    ['{"a\\" 1e400": "1e400"}', 'a" 1e400=1e400'],
    ['{"__proto__": {"a": 1}}', '__proto__.a=1'],
  ])('of %j are its scalars', (given, ...leaves) => {
    expect(leavesOf(given)).toEqual(leaves)
  })

  test('have a path of all keys, including empty ones', () => {
    expect(leavesOf({ '': 1 })).toEqual(['=1'])
    expect(leavesOf({ a: { '': 1 } })).toEqual(['a.=1'])
    expect(leavesOf({ '': { a: 1 } })).toEqual(['.a=1'])
  })

  test('are found at any depth that metadata can have', () => {
    const json = `${'['.repeat(1999)}1${']'.repeat(1999)}`
    expect(leavesOf(json)).toEqual(['=1'])
    const deep = `${'{"k":'.repeat(600)}1${'}'.repeat(600)}`
    expect(leavesOf(deep)).toEqual([`${Array(600).fill('k').join('.')}=1`])
  })

  test('are complete, each as JSON or as the string itself', () => {
    const leaf = fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    )
    const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.dictionary(key, fc.array(leaf, { maxLength: 3 })), (object) => {
        const json = JSON.stringify(object)
        fc.pre(json.length <= 4000)
        const expected = Object.entries(JSON.parse(json) as Record<string, unknown[]>).flatMap(
          ([path, values]): MetadataLeaf[] =>
            values.length === 0
              ? [{ path, value: undefined }]
              : values.map((value) => ({
                  path,
                  value: typeof value === 'string' ? value : JSON.stringify(value),
                  ...(typeof value === 'number' && { isNumber: true }),
                })),
        )
        const found = metadataLeaves(toMetadata(object))
        expect(found).toEqual({ leaves: expected, isWhole: true })
      }),
    )
  })
})

describe('metadata that expands beyond the limits', () => {
  const { searchableValues, searchableCharacters } = SERVER_LIMITS

  test('is limited in the number of values', () => {
    const { leaves, isWhole } = metadataLeaves(toMetadata({ a: Array(1500).fill(1) }))
    expect([leaves.length, isWhole]).toEqual([searchableValues.value, false])
    const all = metadataLeaves(toMetadata({ a: Array(searchableValues.value).fill(1) }))
    expect([all.leaves.length, all.isWhole]).toEqual([searchableValues.value, true])
  })

  test('is limited in the number of characters, however often a path is repeated', () => {
    const json = `{"${'k'.repeat(3000)}": [${Array(400).fill(7)}]}`
    const { leaves, isWhole } = metadataLeaves(toMetadata(json))
    const characters = leaves.reduce((sum, { path, value }) => sum + `${path}${value}`.length, 0)
    expect(characters).toBeLessThanOrEqual(searchableCharacters.value)
    expect(characters).toBeGreaterThan(searchableCharacters.value - 3002)
    expect(isWhole).toBe(false)
  })
})

test('a condition matches if and only if its value is among the leaves', () => {
  const key = fc.constantFrom('a', 'b', 'a.b', '', '__proto__')
  const { value: metadata } = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
    leaf: fc.constantFrom(1, 1.5, 'x', '', '1', true, null),
    value: fc.oneof(
      { maxDepth: 4 },
      tie('leaf'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3 }),
    ),
  }))
  const path = fc.array(key, { maxLength: 4 }).map((keys) => keys.join('.'))
  const wanted = fc.constantFrom('1', '1.0', '1.50', 'x', '', 'true', 'null')
  fc.assert(
    fc.property(metadata, path, wanted, (given, at, value) => {
      const json = { json: JSON.stringify(given), givenAs: 'string' } as const
      const { leaves } = metadataLeaves(json)
      const [condition] = new AgentMatcher({ metadata: [{ path: at, value }] }).metadata
      if (condition === undefined) throw new Error('a matcher keeps its conditions')
      const isFound = leaves.some(
        (leaf) => leaf.path === at && leaf.value === (leaf.isNumber ? condition.asNumber : value),
      )
      expect(metadataMeets(json, condition)).toBe(isFound)
    }),
    { numRuns: 2000 },
  )
})

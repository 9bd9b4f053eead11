import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commonPatterns, covers, disjointPatterns } from '../../src/domain/agent-id-pattern.ts'

const IDS = ['a', 'a:1', 'a:2', 'a:b:1', 'ab', 'b', 'b-1', 'Z']
const patterns = fc.subarray([...IDS, 'a*', 'a:*', 'a:b*', 'a:b:*', 'b*', 'b-*', 'c*', '*'])
const coveredBy = (list: readonly string[]): string[] =>
  IDS.filter((id) => list.some((pattern) => covers(pattern, id)))

test.each<[string[], string[]]>([
  [[], []],
  [
    ['b', 'a:*', 'b'],
    ['a:*', 'b'],
  ],
  [
    ['a:b:*', 'a:b:1', 'a:*', 'a', 'ab'],
    ['a', 'a:*', 'ab'],
  ],
  [['a', 'a*', 'ab*'], ['a*']],
  [['Z', '*', 'a*'], ['*']],
])('%j are as disjoint patterns %j', (given, disjoint) => {
  expect(disjointPatterns(given)).toEqual(disjoint)
})

test.each<[string[], string[], string[]]>([
  [['a:*'], ['*'], ['a:*']],
  [
    ['a:*', 'b'],
    ['a:1', 'b*'],
    ['a:1', 'b'],
  ],
  [['a:*'], ['a:*'], ['a:*']],
  [['a:*'], ['b:*'], []],
  [['a:*'], ['a'], []],
  [[], ['*'], []],
])('%j and %j have in common %j', (a, b, common) => {
  expect(commonPatterns(a, b)).toEqual(common)
  expect(commonPatterns(b, a)).toEqual(common)
})

test('disjoint patterns cover the same agents, each once and in order', () => {
  fc.assert(
    fc.property(patterns, (given) => {
      const disjoint = disjointPatterns(given)
      expect(coveredBy(disjoint)).toEqual(coveredBy(given))
      for (const id of IDS) {
        expect(disjoint.filter((pattern) => covers(pattern, id)).length).toBeLessThan(2)
      }
      expect(disjointPatterns(disjoint.toReversed())).toEqual(disjoint)
    }),
  )
})

test('common patterns cover what both lists cover', () => {
  fc.assert(
    fc.property(patterns, patterns, (a, b) => {
      const inBoth = coveredBy(a).filter((id) => coveredBy(b).includes(id))
      expect(coveredBy(commonPatterns(a, b))).toEqual(inBoth)
    }),
  )
})

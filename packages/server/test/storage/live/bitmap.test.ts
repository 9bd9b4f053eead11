import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Bitmap } from '../../../src/storage/live/indexes/bitmap.ts'

const NO_LIMIT = Number.POSITIVE_INFINITY

function bitmapOf(numbers: Iterable<number>): Bitmap {
  const set = new Bitmap()
  for (const number of numbers) set.add(number)
  return set
}

function sorted(numbers: Iterable<number>): number[] {
  return [...numbers].toSorted((a, b) => a - b)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

describe('a bitmap', () => {
  test('is empty at first', () => {
    expect(bitmapOf([]).size).toBe(0)
    expect(Bitmap.common([bitmapOf([])], NO_LIMIT)).toEqual([])
  })

  test('contains each number once, and removes it once', () => {
    const set = bitmapOf([5, 5, 70_000, 5])
    expect(set.size).toBe(2)
    for (const number of [5, 5, 6, 200_000]) set.delete(number)
    expect(set.size).toBe(1)
    expect(Bitmap.common([set], NO_LIMIT)).toEqual([70_000])
  })

  test.each([4095, 4096, 4097, 5000])(
    'holds %i numbers in any order of additions and removals',
    (count) => {
      for (const numbers of [range(0, count), range(60_000, 60_000 + count).toReversed()]) {
        const set = bitmapOf(numbers)
        expect(set.size).toBe(count)
        expect(Bitmap.common([set], NO_LIMIT)).toEqual(sorted(numbers))
        for (const number of numbers) set.add(number)
        expect(set.size).toBe(count)
        const odd = numbers.filter((number) => number % 2 === 1)
        for (const number of numbers) if (number % 2 === 0) set.delete(number)
        expect(Bitmap.common([set], NO_LIMIT)).toEqual(sorted(odd))
        for (const number of numbers) set.add(number)
        expect(Bitmap.common([set], NO_LIMIT)).toEqual(sorted(numbers))
      }
    },
  )

  test('handles the numbers at container and word boundaries', () => {
    const edges = [0, 31, 32, 63, 65_535, 65_536, 65_567, 131_071, 131_072]
    for (const crowd of [[], range(100, 5_000), range(70_000, 75_000)]) {
      const set = bitmapOf([...crowd, ...edges])
      expect(Bitmap.common([set], NO_LIMIT)).toEqual(sorted([...crowd, ...edges]))
      for (const number of edges) set.delete(number)
      expect(Bitmap.common([set], NO_LIMIT)).toEqual(crowd)
    }
  })

  test('returns the intersection up to a limit', () => {
    const sets = [bitmapOf(range(0, 10_000)), bitmapOf(range(9_990, 80_000))]
    expect(Bitmap.common(sets, 10)).toEqual(range(9_990, 10_000))
    expect(Bitmap.common(sets, 9)).toBeUndefined()
    expect(Bitmap.common([...sets, bitmapOf([])], 0)).toEqual([])
  })
})

interface Change {
  readonly from: number
  readonly count: number
  readonly step: number
  readonly adds: boolean
}

/** Runs of numbers, sparse or dense, that cross the boundaries at which containers change their form. */
const change: fc.Arbitrary<Change> = fc.record({
  from: fc.oneof(
    fc.nat({ max: 200_000 }),
    fc.constantFrom(0, 4_095, 4_096, 61_000, 65_535, 65_536, 131_000),
  ),
  count: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 6_000 })),
  step: fc.constantFrom(1, 2, 3, 17),
  adds: fc.boolean(),
})

test('bitmaps are equal to sets after any additions and removals', () => {
  const changes = fc.array(change, { maxLength: 8 })
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 4 }), (histories) => {
      const plain: Set<number>[] = []
      const sets = histories.map((history) => {
        const set = new Bitmap()
        const expected = new Set<number>()
        for (const { from, count, step, adds } of history) {
          for (let n = 0; n < count; n++) {
            const number = from + n * step
            if (adds) {
              set.add(number)
              expected.add(number)
            } else {
              set.delete(number)
              expected.delete(number)
            }
          }
          if (set.size !== expected.size) expect(set.size).toBe(expected.size)
        }
        plain.push(expected)
        return set
      })
      for (const [index, set] of sets.entries()) {
        expect(Bitmap.common([set], NO_LIMIT)).toEqual(sorted(plain[index] ?? []))
      }
      const common = sorted(plain[0] ?? []).filter((number) =>
        plain.every((set) => set.has(number)),
      )
      expect(Bitmap.common(sets, NO_LIMIT)).toEqual(common)
      expect(Bitmap.common(sets, common.length)).toEqual(common)
    }),
    { numRuns: 100 },
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Bitmap } from '../../../src/storage/live/indexes/bitmap.ts'

const EVERYTHING = Number.POSITIVE_INFINITY

function slotSet(slots: Iterable<number>): Bitmap {
  const set = new Bitmap()
  for (const slot of slots) set.add(slot)
  return set
}

function inOrder(slots: Iterable<number>): number[] {
  return [...slots].toSorted((a, b) => a - b)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

describe('a set of slots', () => {
  test('is empty at first', () => {
    expect(slotSet([]).size).toBe(0)
    expect(Bitmap.common([slotSet([])], EVERYTHING)).toEqual([])
  })

  test('has each number once, and lets go of it once', () => {
    const set = slotSet([5, 5, 70_000, 5])
    expect(set.size).toBe(2)
    for (const slot of [5, 5, 6, 200_000]) set.delete(slot)
    expect(set.size).toBe(1)
    expect(Bitmap.common([set], EVERYTHING)).toEqual([70_000])
  })

  test.each([4095, 4096, 4097, 5000])(
    'holds %i numbers whichever way they come and go',
    (count) => {
      for (const slots of [range(0, count), range(60_000, 60_000 + count).toReversed()]) {
        const set = slotSet(slots)
        expect(set.size).toBe(count)
        expect(Bitmap.common([set], EVERYTHING)).toEqual(inOrder(slots))
        for (const slot of slots) set.add(slot)
        expect(set.size).toBe(count)
        const odd = slots.filter((slot) => slot % 2 === 1)
        for (const slot of slots) if (slot % 2 === 0) set.delete(slot)
        expect(Bitmap.common([set], EVERYTHING)).toEqual(inOrder(odd))
        for (const slot of slots) set.add(slot)
        expect(Bitmap.common([set], EVERYTHING)).toEqual(inOrder(slots))
      }
    },
  )

  test('knows the last bits and the first beyond them', () => {
    const edges = [0, 31, 32, 63, 65_535, 65_536, 65_567, 131_071, 131_072]
    for (const crowd of [[], range(100, 5_000), range(70_000, 75_000)]) {
      const set = slotSet([...crowd, ...edges])
      expect(Bitmap.common([set], EVERYTHING)).toEqual(inOrder([...crowd, ...edges]))
      for (const slot of edges) set.delete(slot)
      expect(Bitmap.common([set], EVERYTHING)).toEqual(crowd)
    }
  })

  test('tells what is common up to a limit, and no more', () => {
    const sets = [slotSet(range(0, 10_000)), slotSet(range(9_990, 80_000))]
    expect(Bitmap.common(sets, 10)).toEqual(range(9_990, 10_000))
    expect(Bitmap.common(sets, 9)).toBeUndefined()
    expect(Bitmap.common([...sets, slotSet([])], 0)).toEqual([])
  })
})

interface Change {
  readonly from: number
  readonly count: number
  readonly step: number
  readonly adds: boolean
}

/** Runs of numbers, sparse or dense, that cross the bounds at which the set changes its form. */
const change: fc.Arbitrary<Change> = fc.record({
  from: fc.oneof(
    fc.nat({ max: 200_000 }),
    fc.constantFrom(0, 4_095, 4_096, 61_000, 65_535, 65_536, 131_000),
  ),
  count: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 6_000 })),
  step: fc.constantFrom(1, 2, 3, 17),
  adds: fc.boolean(),
})

test('sets of slots are what sets are, whatever comes and goes', () => {
  const changes = fc.array(change, { maxLength: 8 })
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 4 }), (histories) => {
      const plain: Set<number>[] = []
      const sets = histories.map((history) => {
        const set = new Bitmap()
        const expected = new Set<number>()
        for (const { from, count, step, adds } of history) {
          for (let n = 0; n < count; n++) {
            const slot = from + n * step
            if (adds) {
              set.add(slot)
              expected.add(slot)
            } else {
              set.delete(slot)
              expected.delete(slot)
            }
          }
          if (set.size !== expected.size) expect(set.size).toBe(expected.size)
        }
        plain.push(expected)
        return set
      })
      for (const [index, set] of sets.entries()) {
        expect(Bitmap.common([set], EVERYTHING)).toEqual(inOrder(plain[index] ?? []))
      }
      const common = inOrder(plain[0] ?? []).filter((slot) => plain.every((set) => set.has(slot)))
      expect(Bitmap.common(sets, EVERYTHING)).toEqual(common)
      expect(Bitmap.common(sets, common.length)).toEqual(common)
    }),
    { numRuns: 100 },
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  anyOf,
  type Candidates,
  candidatesIn,
  type PostingList,
  withLease,
  withoutLease,
} from '../../../src/storage/live/indexes/posting-list.ts'
import type { TableLease } from '../../../src/storage/live/table/table-lease.ts'
import { sampleLease } from './sample-lease.ts'

const ID_DIGITS = 3
const nthId = (number: number): string => `a${String(number).padStart(ID_DIGITS, '0')}`
const nthLease = (number: number): TableLease => sampleLease({ agentId: nthId(number) })

/** Returns the ids that a reader gets by iterating over the candidates after an id. */
function idsIn(candidates: Candidates, after?: string): string[] {
  const ids: string[] = []
  for (let from = after; ; ) {
    const leases = candidates.after(from)
    if (leases.length === 0) return ids
    ids.push(...leases.map(({ agentId }) => agentId))
    from = ids.at(-1)
  }
}

function postingListOf(leases: readonly TableLease[]): PostingList | undefined {
  let posting: PostingList | undefined
  for (const lease of leases) posting = withLease(posting, lease)
  return posting
}

describe('a posting list', () => {
  test('is empty without leases', () => {
    expect(candidatesIn(undefined).size).toBe(0)
    expect(idsIn(candidatesIn(undefined))).toEqual([])
  })

  test.each([1, 2, 63, 64, 65, 128, 129, 500])(
    'returns %i leases in order from any position',
    (count) => {
      const leases = Array.from({ length: count }, (_, index) => nthLease((index * 11) % count))
      // Eleven divides none of these counts, so every number comes once.
      const ids = [...new Set(leases.map(({ agentId }) => agentId))].toSorted()
      expect(ids).toHaveLength(count)
      const candidates = candidatesIn(postingListOf(leases))
      expect(candidates.size).toBe(count)
      expect(idsIn(candidates)).toEqual(ids)
      expect(idsIn(candidates, '')).toEqual(ids)
      for (const [index, id] of ids.entries()) {
        expect(idsIn(candidates, id)).toEqual(ids.slice(index + 1))
        expect(idsIn(candidates, `${id}-`)).toEqual(ids.slice(index + 1))
      }
    },
  )

  test('is undefined once all leases are removed, however many present were', () => {
    for (const count of [1, 2, 64, 65, 300]) {
      const leases = Array.from({ length: count }, (_, index) => nthLease(index))
      let posting = postingListOf(leases)
      for (const lease of leases) {
        expect(posting).toBeDefined()
        posting = withoutLease(posting, lease)
      }
      expect(posting).toBeUndefined()
    }
  })

  test('ignores the removal of a lease that is not in it', () => {
    const others = [nthLease(1), nthLease(2), nthLease(3)]
    for (const count of [1, 2, 3]) {
      const leases = others.slice(0, count)
      const stranger = nthLease(count)
      const rest = count === 1 ? leases[0] : withoutLease(postingListOf(leases), stranger)
      expect(idsIn(candidatesIn(rest))).toEqual(leases.map(({ agentId }) => agentId))
    }
  })

  test('returns all leases that stay, whatever is added and removed meanwhile', () => {
    for (const count of [3, 64, 400]) {
      const leases = Array.from({ length: count }, (_, index) => nthLease(2 * index))
      let posting = postingListOf(leases)
      const candidates = candidatesIn(posting)
      const seen: string[] = []
      for (let from: string | undefined; ; ) {
        const part = candidates.after(from).map(({ agentId }) => agentId)
        if (part.length === 0) break
        seen.push(...part)
        from = part.at(-1)
        const middle = Number(part[part.length >> 1]?.slice(1))
        const removed = leases.find(({ agentId }) => agentId === nthId(middle))
        if (removed) posting = withoutLease(posting, removed)
        posting = withLease(posting, nthLease(middle + 1))
      }
      expect(seen.filter((id) => Number(id.slice(1)) % 2 === 0)).toEqual(
        leases.map(({ agentId }) => agentId),
      )
    }
  })
})

test('a posting list is equal to a sorted array after any additions and removals', () => {
  // Each number adds a lease, or removes it if it is present.
  const toggles = fc.array(fc.nat({ max: 300 }), { maxLength: 1_000, size: 'max' })
  fc.assert(
    fc.property(toggles, fc.nat({ max: 300 }), (sequence, afterNumber) => {
      let posting: PostingList | undefined
      const present = new Map<string, TableLease>()
      for (const number of sequence) {
        const agentId = nthId(number)
        const known = present.get(agentId)
        if (known) {
          posting = withoutLease(posting, known)
          present.delete(agentId)
        } else {
          const lease = nthLease(number)
          posting = withLease(posting, lease)
          present.set(agentId, lease)
        }
      }
      const sorted = [...present.keys()].toSorted()
      expect(posting === undefined).toBe(sorted.length === 0)
      const candidates = candidatesIn(posting)
      expect(candidates.size).toBe(sorted.length)
      expect(idsIn(candidates)).toEqual(sorted)
      const after = nthId(afterNumber)
      expect(idsIn(candidates, after)).toEqual(sorted.filter((id) => id > after))
    }),
    { numRuns: 100 },
  )
})

describe('the union of several posting lists', () => {
  test('contains each lease once, in order, from any position', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(fc.nat(400), { maxLength: 300 }), { maxLength: 3 }),
        (parts) => {
          const leases = Array.from({ length: 401 }, (_, number) => nthLease(number))
          const postings = parts.map((numbers) =>
            postingListOf(leases.filter((_, number) => numbers.includes(number))),
          )
          const ids = [...new Set(parts.flat())].toSorted((a, b) => a - b).map(nthId)
          const either = anyOf(postings.map(candidatesIn))
          expect(idsIn(either)).toEqual(ids)
          expect(idsIn(either, nthId(200))).toEqual(ids.filter((id) => id > nthId(200)))
          expect(either.size).toBeGreaterThanOrEqual(ids.length)
        },
      ),
      { numRuns: 30 },
    )
  })
})

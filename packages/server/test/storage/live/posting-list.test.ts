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

/** What a reader sees who goes through the candidates from a place on. */
function idsIn(candidates: Candidates, after?: string): string[] {
  const ids: string[] = []
  for (let from = after; ; ) {
    const leases = candidates.after(from)
    if (leases.length === 0) return ids
    ids.push(...leases.map(({ agentId }) => agentId))
    from = ids.at(-1)
  }
}

function postingOf(leases: readonly TableLease[]): PostingList | undefined {
  let posting: PostingList | undefined
  for (const lease of leases) posting = withLease(posting, lease)
  return posting
}

describe('a posting', () => {
  test('of nobody gives nobody', () => {
    expect(candidatesIn(undefined).size).toBe(0)
    expect(idsIn(candidatesIn(undefined))).toEqual([])
  })

  test.each([1, 2, 63, 64, 65, 128, 129, 500])(
    'gives %i leases in order from any place',
    (count) => {
      const leases = Array.from({ length: count }, (_, index) => nthLease((index * 11) % count))
      // Eleven divides none of these counts, so every number comes once.
      const ids = [...new Set(leases.map(({ agentId }) => agentId))].toSorted()
      expect(ids).toHaveLength(count)
      const candidates = candidatesIn(postingOf(leases))
      expect(candidates.size).toBe(count)
      expect(idsIn(candidates)).toEqual(ids)
      expect(idsIn(candidates, '')).toEqual(ids)
      for (const [index, id] of ids.entries()) {
        expect(idsIn(candidates, id)).toEqual(ids.slice(index + 1))
        expect(idsIn(candidates, `${id}-`)).toEqual(ids.slice(index + 1))
      }
    },
  )

  test('is none once all are gone, however many they were', () => {
    for (const count of [1, 2, 64, 65, 300]) {
      const leases = Array.from({ length: count }, (_, index) => nthLease(index))
      let posting = postingOf(leases)
      for (const lease of leases) {
        expect(posting).toBeDefined()
        posting = withoutLease(posting, lease)
      }
      expect(posting).toBeUndefined()
    }
  })

  test('does not mind a lease that is not in it', () => {
    const others = [nthLease(1), nthLease(2), nthLease(3)]
    for (const count of [1, 2, 3]) {
      const leases = others.slice(0, count)
      const stranger = nthLease(count)
      const rest = count === 1 ? leases[0] : withoutLease(postingOf(leases), stranger)
      expect(idsIn(candidatesIn(rest))).toEqual(leases.map(({ agentId }) => agentId))
    }
  })

  test('gives a reader all that stay, whatever comes and goes meanwhile', () => {
    for (const count of [3, 64, 400]) {
      const leases = Array.from({ length: count }, (_, index) => nthLease(2 * index))
      let posting = postingOf(leases)
      const candidates = candidatesIn(posting)
      const seen: string[] = []
      for (let from: string | undefined; ; ) {
        const part = candidates.after(from).map(({ agentId }) => agentId)
        if (part.length === 0) break
        seen.push(...part)
        from = part.at(-1)
        const middle = Number(part[part.length >> 1]?.slice(1))
        const gone = leases.find(({ agentId }) => agentId === nthId(middle))
        if (gone) posting = withoutLease(posting, gone)
        posting = withLease(posting, nthLease(middle + 1))
      }
      expect(seen.filter((id) => Number(id.slice(1)) % 2 === 0)).toEqual(
        leases.map(({ agentId }) => agentId),
      )
    }
  })
})

test('a posting is what a sorted array would be, whatever comes and goes', () => {
  // Each number puts a lease in, or takes it out again when it is there.
  const toggles = fc.array(fc.nat({ max: 300 }), { maxLength: 1_000, size: 'max' })
  fc.assert(
    fc.property(toggles, fc.nat({ max: 300 }), (sequence, asked) => {
      let posting: PostingList | undefined
      const there = new Map<string, TableLease>()
      for (const number of sequence) {
        const agentId = nthId(number)
        const known = there.get(agentId)
        if (known) {
          posting = withoutLease(posting, known)
          there.delete(agentId)
        } else {
          const lease = nthLease(number)
          posting = withLease(posting, lease)
          there.set(agentId, lease)
        }
      }
      const sorted = [...there.keys()].toSorted()
      expect(posting === undefined).toBe(sorted.length === 0)
      const candidates = candidatesIn(posting)
      expect(candidates.size).toBe(sorted.length)
      expect(idsIn(candidates)).toEqual(sorted)
      const place = nthId(asked)
      expect(idsIn(candidates, place)).toEqual(sorted.filter((id) => id > place))
    }),
    { numRuns: 100 },
  )
})

describe('any of several postings', () => {
  test('gives each lease once, in order, from any place', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(fc.nat(400), { maxLength: 300 }), { maxLength: 3 }),
        (parts) => {
          const leases = Array.from({ length: 401 }, (_, number) => nthLease(number))
          const postings = parts.map((numbers) =>
            postingOf(leases.filter((_, number) => numbers.includes(number))),
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

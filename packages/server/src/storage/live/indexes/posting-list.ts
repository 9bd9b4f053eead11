import { OrderedLeases } from '../table/ordered-leases.ts'
import type { TableLease } from '../table/table-lease.ts'

/** Leases that an array holds; more go into blocks. */
const ARRAY_LIMIT = 64

/**
 * The leases that have something in common, in order of their id. Most things are common to one
 * agent or to thousands, so one lease stands for itself, and only large postings have blocks.
 */
export type PostingList = TableLease | readonly TableLease[] | OrderedLeases

/** Leases that someone goes through in order of their id, while they may come and go. */
export interface Candidates {
  /** How many there are, at the most. */
  readonly size: number
  /**
   * Some of the leases behind an id, at least one; empty at the end. They may include some that
   * are gone by now.
   */
  after(agentId: string | undefined): readonly TableLease[]
}

/** The leases of a posting as candidates; none when there is no posting. */
export function candidatesIn(posting: PostingList = []): Candidates {
  return {
    size: postingListSize(posting),
    after: (agentId) => leasesAfter(posting, agentId),
  }
}

/** The leases that are in at least one of several. */
export function anyOf(all: readonly Candidates[]): Candidates {
  const several = all.filter(({ size }) => size > 0)
  const [only] = several
  if (several.length <= 1) return only ?? candidatesIn()
  return {
    size: several.reduce((sum, { size }) => sum + size, 0),
    after: (agentId) => {
      const parts = several.map((each) => each.after(agentId)).filter((part) => part.length > 0)
      // Behind the end of the shortest part the others may not be complete.
      const [end = ''] = parts.map((part) => part.at(-1)?.agentId ?? '').sort()
      const found = new Set(parts.flat().filter((lease) => lease.agentId <= end))
      return [...found].sort((a, b) => (a.agentId < b.agentId ? -1 : 1))
    },
  }
}

/** The posting with one lease more, which is not in it yet. */
export function withLease(posting: PostingList | undefined, lease: TableLease): PostingList {
  if (posting === undefined) return lease
  if (posting instanceof OrderedLeases) {
    posting.insert(lease)
    return posting
  }
  const leases = isArray(posting) ? posting : [posting]
  if (leases.length < ARRAY_LIMIT)
    return leases.toSpliced(firstAfter(leases, lease.agentId), 0, lease)
  const ordered = new OrderedLeases()
  for (const each of [...leases, lease]) ordered.insert(each)
  return ordered
}

/** The posting with one lease less; undefined when it was the last. */
export function withoutLease(
  posting: PostingList | undefined,
  lease: TableLease,
): PostingList | undefined {
  if (posting === undefined || posting === lease) return undefined
  if (posting instanceof OrderedLeases) {
    posting.remove(lease)
    return posting.size === 0 ? undefined : posting
  }
  if (!isArray(posting)) return posting
  const rest = posting.filter((each) => each !== lease)
  return rest.length === 1 ? rest[0] : rest
}

function postingListSize(posting: PostingList): number {
  if (posting instanceof OrderedLeases) return posting.size
  return isArray(posting) ? posting.length : 1
}

function leasesAfter(posting: PostingList, agentId: string | undefined): readonly TableLease[] {
  if (posting instanceof OrderedLeases) {
    const found = posting.after(agentId)
    // A copy: the block may change before whoever asked has gone through it.
    return found === undefined ? [] : found.block.leases.slice(found.from)
  }
  const leases = isArray(posting) ? posting : [posting]
  return agentId === undefined ? leases : leases.slice(firstAfter(leases, agentId))
}

/** `Array.isArray` does not know of arrays that are read-only. */
function isArray(posting: PostingList): posting is readonly TableLease[] {
  return Array.isArray(posting)
}

/** Index of the first lease whose id is greater. */
function firstAfter(leases: readonly TableLease[], agentId: string): number {
  let low = 0
  let high = leases.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((leases[middle] as TableLease).agentId <= agentId) low = middle + 1
    else high = middle
  }
  return low
}

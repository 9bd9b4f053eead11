import { partitionPoint } from '../partition-point.ts'
import { OrderedLeases } from '../table/ordered-leases.ts'
import type { TableLease } from '../table/table-lease.ts'

/** Most leases in an array; longer posting lists use blocks. */
const ARRAY_LIMIT = 64

/**
 * The leases that share a term, in order of their id. Most terms occur in one agent or in thousands, so
 * a single lease is stored as itself, and only large posting lists have blocks.
 */
export type PostingList = TableLease | readonly TableLease[] | OrderedLeases

/** Leases to iterate over in order of their id, while leases may be added and removed. */
export interface Candidates {
  /** An upper bound of how many there are. */
  readonly size: number
  /**
   * Returns some of the leases after an id, at least one; empty at the end. They may include leases that
   * have been removed since.
   */
  after(agentId: string | undefined): readonly TableLease[]
}

/** Returns the leases of a posting list as candidates. */
export function candidatesIn(posting: PostingList = []): Candidates {
  return {
    size: postingListSize(posting),
    after: (agentId) => leasesAfter(posting, agentId),
  }
}

/** Returns the union of several candidate sets. */
export function anyOf(all: readonly Candidates[]): Candidates {
  const several = all.filter(({ size }) => size > 0)
  const [only] = several
  if (several.length <= 1) return only ?? candidatesIn()
  return {
    size: several.reduce((sum, { size }) => sum + size, 0),
    after: (agentId) => {
      const parts = several.map((each) => each.after(agentId)).filter((part) => part.length > 0)
      // After the end of the shortest part, the others may be incomplete.
      const [end = ''] = parts.map((part) => part.at(-1)?.agentId ?? '').sort()
      const found = new Set(parts.flat().filter((lease) => lease.agentId <= end))
      return [...found].sort((a, b) => (a.agentId < b.agentId ? -1 : 1))
    },
  }
}

/** Returns the posting list with a lease added, which must not be in it. */
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

/** Returns the posting list with a lease removed; undefined when it was the last. */
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
    // A copy: the block may change while the caller iterates over it.
    return found === undefined ? [] : found.block.leases.slice(found.from)
  }
  const leases = isArray(posting) ? posting : [posting]
  return agentId === undefined ? leases : leases.slice(firstAfter(leases, agentId))
}

/** `Array.isArray` does not narrow to read-only arrays. */
function isArray(posting: PostingList): posting is readonly TableLease[] {
  return Array.isArray(posting)
}

/** Returns the index of the first lease whose id is greater. */
function firstAfter(leases: readonly TableLease[], agentId: string): number {
  return partitionPoint(leases.length, (index) => (leases[index] as TableLease).agentId <= agentId)
}

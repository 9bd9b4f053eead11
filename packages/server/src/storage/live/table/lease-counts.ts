import { type BrakeCounts, isLate } from '../../../domain/expiry-brake.ts'
import type { Lease } from '../../../domain/lease.ts'
import type { LeaseTime } from '../../../domain/time-scales.ts'
import type { SlicedWork } from '../../../scheduling/time-slices.ts'

/** Leases counted between two looks at the time slice: about 0.1 ms. */
const COUNT_BATCH = 4096

/** Counts the leases by which the brake on mass expiry is judged. */
export async function countLate(
  leases: Iterable<Lease>,
  now: LeaseTime,
  work: SlicedWork,
): Promise<BrakeCounts> {
  let living = 0
  let late = 0
  let suspect = 0
  let visited = 0
  for (const lease of leases) {
    if (++visited % COUNT_BATCH === 0 && work.isOver) await work.next()
    if (lease.expired) continue
    if (lease.suspect) suspect++
    else {
      living++
      if (isLate(lease, now)) late++
    }
  }
  return { living, late, suspect }
}

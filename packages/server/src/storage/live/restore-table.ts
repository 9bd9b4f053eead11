import type { Lease } from '../../domain/lease.ts'
import { type BeatTime, beatTime, type LeaseTime, later } from '../../domain/time-scales.ts'
import type { LeaseClock } from './lease-clock.ts'
import { LeaseTable } from './table/lease-table.ts'
import { TableLease } from './table/table-lease.ts'

/** Leases read before other work of the event loop gets its turn. */
const SLICE = 5000

/**
 * Reads all leases into memory and applies the restart rule. Lease time stood still while the registry was
 * stopped, so each lease has what it had left, and the restart grace extends the shortest ones. A lease
 * counts as alive when the registry stopped unless its expiry is stored, or its deadline lies before the
 * moment up to which every heartbeat is stored: after a crash, a later heartbeat may have been lost.
 *
 * @param options.graceMs milliseconds that a live lease has at least, if its TTL allows
 * @param options.savedTo lease time up to which every heartbeat is stored
 * @returns the table, the leases whose deadline differs from the stored one, and the newest heartbeat of a
 *   lease that was alive, in Unix milliseconds (undefined: none was)
 */
export async function restoreTable(
  leases: Iterable<Lease>,
  options: { clock: LeaseClock; graceMs: number; savedTo: LeaseTime },
): Promise<{ table: LeaseTable; extended: TableLease[]; aliveAtMs: number | undefined }> {
  const { clock, graceMs, savedTo } = options
  const table = new LeaseTable(clock)
  table.deferIndexes()
  const extended: TableLease[] = []
  const now = clock.now()
  let count = 0
  let newest: BeatTime | undefined
  for (const stored of leases) {
    const lease = new TableLease(stored)
    // The wall clock may have stepped back meanwhile: no heartbeat came from the future.
    lease.lastBeat = beatTime(Math.min(lease.lastBeat, clock.toBeat(now)))
    const least = later(now, Math.min(lease.profile.ttlSeconds * 1000, graceMs))
    if (!lease.expired && lease.deadline > savedTo) {
      if (newest === undefined || lease.lastBeat > newest) newest = lease.lastBeat
      if (lease.deadline < least) {
        lease.deadline = least
        extended.push(lease)
      }
    }
    table.insert(lease)
    if (++count % SLICE === 0) await new Promise(setImmediate)
  }
  // Loading takes nothing from a lease.
  clock.rewindTo(now)
  return { table, extended, aliveAtMs: newest && clock.beatToWall(newest) }
}

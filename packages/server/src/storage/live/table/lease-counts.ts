import { CapabilityCounter } from '../../../domain/capability-counts.ts'
import { type BrakeCounts, isLate } from '../../../domain/expiry-brake.ts'
import type { Lease } from '../../../domain/lease.ts'
import { OwnerCounter } from '../../../domain/owner-counts.ts'
import { liveStatus } from '../../../domain/query/agent-filter.ts'
import { StatusCounter } from '../../../domain/status-counts.ts'
import type { LeaseTime } from '../../../domain/time-scales.ts'
import type { SlicedWork } from '../../../scheduling/time-slices.ts'

/** Leases counted between two looks at the time slice: about 0.1 ms. */
const COUNT_BATCH = 4096
/** The same, if each of their capabilities is counted. */
const CAPABILITY_BATCH = 128

/** Counts leases by what their transitions change. A lease must be removed before it changes. */
export class LeaseCounter {
  /** Those whose expiry is not recorded, by status. */
  readonly statuses = new StatusCounter()
  #inMaintenance = 0

  /** Number of leases in maintenance, expired ones included. */
  get inMaintenance(): number {
    return this.#inMaintenance
  }

  add(lease: Lease): void {
    if (lease.maintenance !== null) this.#inMaintenance++
    if (!lease.expired) this.statuses.add(liveStatus(lease))
  }

  remove(lease: Lease): void {
    if (lease.maintenance !== null) this.#inMaintenance--
    if (!lease.expired) this.statuses.remove(liveStatus(lease))
  }
}

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

/** Counts the leases by the principal that they belong to. */
export async function countOwners(
  leases: Iterable<Lease>,
  work: SlicedWork,
): Promise<OwnerCounter> {
  const counter = new OwnerCounter()
  let visited = 0
  for (const { owner } of leases) {
    if (++visited % COUNT_BATCH === 0 && work.isOver) await work.next()
    counter.change(owner, 1)
  }
  return counter
}

/** Counts the leases by what their agents can do, and by the status of their last transition. */
export async function countCapabilities(
  leases: Iterable<Lease>,
  work: SlicedWork,
): Promise<CapabilityCounter> {
  const counter = new CapabilityCounter()
  let visited = 0
  for (const lease of leases) {
    if (++visited % CAPABILITY_BATCH === 0 && work.isOver) await work.next()
    counter.add(lease.profile.capabilities, lease.expired ? 'expired' : liveStatus(lease))
  }
  return counter
}

/** Counts leases whose expiry is not recorded yet, by what their agents can do. */
export function countLapsedCapabilities(lapsed: Iterable<Lease>): CapabilityCounter {
  const counter = new CapabilityCounter()
  for (const lease of lapsed) counter.add(lease.profile.capabilities, liveStatus(lease))
  return counter
}

import { copyLease, type Lease } from '../../domain/lease.ts'
import type { LeaseTimes } from '../../domain/lease-views.ts'
import type { LeaseClock } from './lease-clock.ts'

/** A lease for a store: plain data, with the last heartbeat as Unix time, which survives a restart. */
export interface StoredLease extends Omit<Lease, 'lastBeat'> {
  /** Unix time in milliseconds. */
  readonly lastHeartbeatMs: number
}

/** Copies a lease of the registry for a store. */
export function toStoredLease(lease: Lease, times: Pick<LeaseTimes, 'beatToWall'>): StoredLease {
  const { lastBeat, ...stored } = copyLease(lease)
  return { ...stored, lastHeartbeatMs: times.beatToWall(lastBeat) }
}

/** Makes a lease of what a store has read. */
export function fromStoredLease(stored: StoredLease, clock: Pick<LeaseClock, 'wallToBeat'>): Lease {
  const { lastHeartbeatMs, ...lease } = stored
  return { ...lease, lastBeat: clock.wallToBeat(lastHeartbeatMs) }
}

import type { Lease } from '../../domain/lease.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Change } from '../../domain/transition-batch.ts'

/** How far the registry has come; written with every write. */
export interface JournalPosition {
  /** Of the last transition. */
  readonly revision: number
  /** Lease time. After a restart it goes on from here, so that no lease runs while we are away. */
  readonly leaseNow: number
}

/**
 * The durable half of a registry whose live half is in memory. One write is under way at a time.
 * Every method rejects with `STORAGE_UNAVAILABLE` when it could not write or read; then nothing
 * of that call was written.
 */
export interface Journal {
  /** Writes a group of changes, all or none; resolves once they are durable. */
  commit(changes: readonly Change[], position: JournalPosition): Promise<void>
  /**
   * Writes the last heartbeats of some leases, and the lease time as a sign of life.
   *
   * @param savedTo lease time up to which every heartbeat is written once this call succeeds
   */
  saveHeartbeats(
    leases: readonly Lease[],
    times: { leaseNow: number; savedTo: number },
  ): Promise<void>
  /** As `AgentRegistryRepository.eventsSince`. */
  eventsSince(revision: number, limit: number): Promise<readonly Transition[]>
  close(): Promise<void>
}

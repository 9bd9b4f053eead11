import type { Lease } from '../../domain/lease.ts'
import type { MaintenanceChange } from '../../domain/maintenance.ts'
import type { RegistryError } from '../../domain/registry-error.ts'
import type { LeaseTime } from '../../domain/time-scales.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Change } from '../../domain/transition-batch.ts'

/** A group of changes that are written all or none. */
export interface JournalEntry {
  /** In order; an agent may have several. */
  readonly changes: readonly Change[]
  /** Of the last transition before these changes. */
  readonly baseRevision: number
  /** Of the last transition of these changes. */
  readonly revision: number
  /** Lease time. After a restart it goes on from here, so that no lease runs while we are away. */
  readonly leaseNow: LeaseTime
  /** Some of these changes were worked out from others that are not written yet. */
  readonly buildsOnPending: boolean
}

/** How far back the history is to reach; what lies before may still be there, or not. */
export interface HistoryBounds {
  /** Revision of the first transition to keep. */
  readonly firstKept: number
  /** Unix time in milliseconds of the oldest transition to keep. */
  readonly notBeforeMs: number
  /**
   * Revision of the last transition that may be shown: one behind it is on the disk, but the table
   * does not show it yet.
   */
  readonly lastVisible: number
}

/** Within which bounds to read; aborting the signal ends the read. */
export interface HistoryRead extends HistoryBounds {
  /** Ends the read. */
  readonly signal?: AbortSignal | undefined
}

/** A part of the history. */
export interface HistoryPage {
  /** Revision of the oldest transition within the bounds; undefined when there is none. */
  readonly oldest: number | undefined
  /** Oldest first. */
  readonly transitions: readonly Transition[]
}

/**
 * The durable half of a registry whose live half is in memory. Writes happen in the order of the
 * calls, and a call need not wait for the one before it. Every method rejects with
 * `STORAGE_UNAVAILABLE` when it could not write or read; then nothing of that call was written.
 */
export interface Journal {
  /**
   * Writes a group of changes; resolves once they are durable. Rejects, too, when the commits before
   * did not bring the journal to `baseRevision`, or when the last one failed and these changes build on
   * pending ones.
   */
  commit(entry: JournalEntry): Promise<void>
  /**
   * Writes the last heartbeats of some leases, and the lease time.
   *
   * @param leases are renewed while the call is in flight: copy what is to be written at once
   * @param times.savedTo lease time up to which every heartbeat is written once this call succeeds
   */
  saveHeartbeats(
    leases: readonly Lease[],
    times: { leaseNow: LeaseTime; savedTo: LeaseTime },
  ): Promise<void>
  /** Adds, replaces or removes the entry of a pattern; resolves once that is durable. */
  saveMaintenance(change: MaintenanceChange): Promise<void>
  /** Transitions after a revision, oldest first, and where the history begins. */
  eventsSince(revision: number, limit: number, within: HistoryRead): Promise<HistoryPage>
  /** The newest transitions of an agent before a revision, oldest first. */
  historyOf(
    agentId: string,
    range: { before: number; limit: number },
    within: HistoryRead,
  ): Promise<readonly Transition[]>
  /** Removes some of what lies beyond the bounds, a few ms of work. Resolves to: there is more. */
  trimHistory(bounds: HistoryBounds): Promise<boolean>
  /** Rejects when what is written now would be lost. Asked once a second, cheap. */
  check(): Promise<void>
  /** The text of the card of an agent; undefined: it has none. */
  readCard(agentId: string, signal?: AbortSignal): Promise<string | undefined>
  /** Size of a log in which writes gather before they find their place; undefined: there is none. */
  readonly logBytes?: number | undefined
  /** That log should not grow without need: heartbeats are better kept in memory for now. */
  readonly isLogLarge?: boolean
  /** Why nothing can be written any more before the registry is opened anew; undefined: it can. */
  readonly lost?: RegistryError | undefined
  /** Finishes what was accepted, then releases the store. */
  close(): Promise<void>
}

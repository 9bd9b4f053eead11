import type { StorageCapabilities } from '../../domain/agent-registry-repository.ts'
import type { BrakeOptions } from '../../domain/expiry-brake.ts'
import type { Branch } from '../../domain/history-position.ts'
import type { MaintenanceEntry } from '../../domain/maintenance.ts'
import type { LeaseTime } from '../../domain/time-scales.ts'
import type { HistoryLimits } from '../history-limit.ts'
import type { Journal } from './journal.ts'
import type { LeaseClock } from './lease-clock.ts'
import type { LeaseTable } from './table/lease-table.ts'
import type { TableLease } from './table/table-lease.ts'

/** The parts of a live repository. */
export interface LiveRepositoryParts extends HistoryLimits, BrakeOptions {
  readonly clock: LeaseClock
  readonly table: LeaseTable
  readonly journal: Journal
  readonly capabilities: StorageCapabilities
  readonly epoch: string
  /** See `HistoryPosition.branches`. */
  readonly branches?: readonly Branch[] | undefined
  /** The entries of maintenance in the journal. */
  readonly maintenance: Iterable<MaintenanceEntry>
  /** Revision of the last transition in the journal. */
  readonly revision: number
  /** Lease time up to which all heartbeats are in the journal. */
  readonly savedTo: LeaseTime
  /** Leases that were changed while loading. */
  readonly unsaved: readonly TableLease[]
  /** Milliseconds between two writes of waiting heartbeats; 0: they are never written. */
  readonly heartbeatFlushIntervalMs: number
}

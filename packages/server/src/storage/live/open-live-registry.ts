import type { StorageCapabilities } from '../../domain/agent-registry-repository.ts'
import type { Clock } from '../../domain/clock.ts'
import type { BrakeOptions } from '../../domain/expiry-brake.ts'
import type { Branch } from '../../domain/history-position.ts'
import type { MaintenanceEntry } from '../../domain/maintenance.ts'
import { type LeaseTime, leaseTime } from '../../domain/time-scales.ts'
import { DEFAULTS } from '../../limits/defaults.ts'
import { newEpoch } from '../epoch.ts'
import type { HistoryLimits } from '../history-limit.ts'
import type { Journal } from './journal.ts'
import { LeaseClock } from './lease-clock.ts'
import { LiveAgentRegistryRepository } from './repository.ts'
import { restoreTable } from './restore-table.ts'
import { fromStoredLease, type StoredLease } from './stored-lease.ts'

/** Where a store stands. */
export interface StoredPosition {
  /** Identifies the registry. */
  readonly epoch: string
  /**
   * The line of branches, the one of this start last: see {@link beginBranch}. Default: a single branch,
   * named as the epoch. Positions of clients are then also accepted after a backup was restored.
   */
  readonly branches?: readonly Branch[] | undefined
  /** Of the last transition that is stored; 0 for none. */
  readonly revision: number
  /** Lease time of the last entry or heartbeats that were stored; 0 for none. */
  readonly leaseNow: LeaseTime
  /** Lease time up to which every heartbeat is stored; 0 for none. */
  readonly savedTo: LeaseTime
}

/** A durable store, as it is found when a registry is opened. */
export interface StoredRegistry {
  /** Where it stands. */
  readonly position: StoredPosition
  /** Every agent that is stored, expired ones included, each once. */
  readonly leases: Iterable<StoredLease>
  /** Every entry of maintenance that is stored. */
  readonly maintenance: Iterable<MaintenanceEntry>
  /** What the store is, for metrics and `/health`. */
  readonly capabilities: StorageCapabilities
  /**
   * Where the registry writes from now on.
   *
   * @param clock converts the times of a lease
   */
  journal(clock: LeaseClock): Journal
}

/** How a live registry is opened. */
export interface LiveRegistryOptions extends HistoryLimits, BrakeOptions {
  /** Seconds that a live lease has at least after a restart, if its TTL allows; default 30. */
  readonly restartGraceSeconds?: number | undefined
  /** Milliseconds between two writes of waiting heartbeats; default 1000. */
  readonly heartbeatFlushIntervalMs?: number | undefined
  /** Default: the clocks of this machine. */
  readonly clock?: Clock | undefined
}

/** The position of a store that is empty, with a new epoch. */
export function newPosition(): StoredPosition {
  return { epoch: newEpoch(), revision: 0, leaseNow: leaseTime(0), savedTo: leaseTime(0) }
}

/**
 * Opens a registry that lives in memory over a durable store, and applies the restart rule: lease time
 * stood still while the registry was stopped, and each lease that may still be alive has at least the
 * restart grace.
 */
export async function openLiveRegistry(
  stored: StoredRegistry,
  options: LiveRegistryOptions = {},
): Promise<LiveAgentRegistryRepository> {
  const { savedTo, leaseNow, ...position } = stored.position
  const clock = new LeaseClock({ clock: options.clock, resumeAt: leaseNow })
  const leases = Iterator.from(stored.leases).map((lease) => fromStoredLease(lease, clock))
  const graceMs = (options.restartGraceSeconds ?? DEFAULTS.restartGraceSeconds) * 1000
  const { table, extended } = await restoreTable(leases, { clock, graceMs, savedTo })
  return new LiveAgentRegistryRepository({
    ...options,
    ...position,
    clock,
    table,
    journal: stored.journal(clock),
    capabilities: stored.capabilities,
    maintenance: stored.maintenance,
    savedTo,
    unsaved: extended,
    heartbeatFlushIntervalMs:
      options.heartbeatFlushIntervalMs ?? DEFAULTS.heartbeatFlushIntervalSeconds * 1000,
  })
}

import type { BrakeState } from './expiry-brake.ts'

/** What a store has done since it was opened. */
export interface StorageStatistics {
  /** Group commits of transitions. */
  readonly commits: number
  /** Writes that failed. */
  readonly failures: number
  /** Heartbeats written in the background. */
  readonly savedHeartbeats: number
  /** Heartbeats waiting to be written. */
  readonly unsavedHeartbeats: number
  /** Changes that were replaced by a newer one before being recorded: the agent changes too often. */
  readonly coalescedChanges?: number
  /** Milliseconds by which all leases were extended, because no server was listening. */
  readonly stalledMs: number
  /** Agents that are not indexed yet, in the first seconds after a large store was opened. */
  readonly unindexedAgents: number
  /** Last known size of the write-ahead log in bytes; undefined if the store has none of its own. */
  readonly walBytes?: number | undefined
  /** The brake on mass expiry after the last sweep, for metrics; undefined: it is off. */
  readonly brake?: BrakeState | undefined
  /** Connection statistics of a store that is a remote database. */
  readonly connections?: ConnectionStats | undefined
}

/** Statistics of the connections to a database. */
export interface ConnectionStats {
  /** Connections that are running a statement. */
  readonly used: number
  /** Statements waiting for a connection. */
  readonly waiting: number
  /** Statements cancelled since the store was opened: too slow, or abandoned by their caller. */
  readonly cancelled: number
}

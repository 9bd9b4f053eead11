import type { AgentStatus } from '@rollcall/protocol'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import type { AgentProfile } from '../../../domain/agent-registration.ts'
import type { Lease } from '../../../domain/lease.ts'
import type { Maintenance } from '../../../domain/maintenance.ts'
import type { BeatTime, LeaseTime } from '../../../domain/time-scales.ts'

/**
 * A lease in memory. One object per agent, mutated in place by heartbeats. The last fields belong to the
 * data structures that hold it, so that each finds it in O(1).
 */
export class TableLease implements Lease {
  readonly agentId: string
  profile: AgentProfile
  status: AgentStatus
  load: number | null
  instanceId: string | null
  incarnation: number
  owner: string | null
  registeredAtMs: number
  updatedAtMs: number
  lastBeat: BeatTime
  deadline: LeaseTime
  expired: boolean
  suspect: boolean
  maintenance: Maintenance | null
  revision: number

  /** Its tick in the timing wheel; -1: none. */
  wheelTick = -1
  wheelIndex = -1
  /** The block of the ordered table that holds it. */
  block: LeaseBlock | undefined = undefined
  /** Its document id in the text index; -1: not indexed. */
  docId = -1
  /** Its last heartbeat is not on disk yet. */
  unsaved = false

  constructor(lease: Lease) {
    this.agentId = lease.agentId
    this.profile = lease.profile
    this.status = lease.status
    this.load = lease.load
    this.instanceId = lease.instanceId
    this.incarnation = lease.incarnation
    this.owner = lease.owner
    this.registeredAtMs = lease.registeredAtMs
    this.updatedAtMs = lease.updatedAtMs
    this.lastBeat = lease.lastBeat
    this.deadline = lease.deadline
    this.expired = lease.expired
    this.suspect = lease.suspect
    this.maintenance = lease.maintenance
    this.revision = lease.revision
  }

  /** Copies the next state of the same agent into this lease. */
  assign(next: Lease): void {
    this.profile = next.profile
    this.status = next.status
    this.load = next.load
    this.instanceId = next.instanceId
    this.incarnation = next.incarnation
    this.owner = next.owner
    this.registeredAtMs = next.registeredAtMs
    this.updatedAtMs = next.updatedAtMs
    this.lastBeat = next.lastBeat
    this.deadline = next.deadline
    this.expired = next.expired
    this.suspect = next.suspect
    this.maintenance = next.maintenance
    this.revision = next.revision
  }
}

/** A run of adjacent leases, and a cached view of them. */
export interface LeaseBlock {
  readonly leases: TableLease[]
  /** Invalidated when any lease of the block changes. */
  cachedView: CachedView | undefined
}

/** The records of a block, and how long they are valid. */
export interface CachedView {
  readonly records: readonly AgentRecord[]
  /** The records that are alive; the same array when all are. */
  readonly alive: readonly AgentRecord[]
  /** Lease time at which the first of the live records lapses. */
  readonly validUntil: number
  /** See `LeaseClock.offsetVersion`. */
  readonly offsetVersion: number
}

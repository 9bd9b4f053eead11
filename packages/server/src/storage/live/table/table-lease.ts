import type { AgentStatus } from '@rollcall/protocol'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import type { AgentProfile } from '../../../domain/agent-registration.ts'
import type { Lease } from '../../../domain/lease.ts'

/**
 * A lease in memory. One object for each agent, changed in place by heartbeats; the last fields belong
 * to the structures that hold it, so that each finds it again in O(1).
 */
export class TableLease implements Lease {
  readonly agentId: string
  profile: AgentProfile
  status: AgentStatus
  load: number | null
  registeredAtMs: number
  lastBeat: number
  deadline: number
  expired: boolean
  revision: number

  /** The tick of the timing wheel that holds it; -1: none. */
  wheelTick = -1
  wheelIndex = -1
  /** The block of the ordered table that holds it. */
  block: LeaseBlock | undefined = undefined
  /** Its number in the text index; -1: not indexed. */
  docId = -1
  /** Its last heartbeat is not on disk yet. */
  unsaved = false

  constructor(lease: Lease) {
    this.agentId = lease.agentId
    this.profile = lease.profile
    this.status = lease.status
    this.load = lease.load
    this.registeredAtMs = lease.registeredAtMs
    this.lastBeat = lease.lastBeat
    this.deadline = lease.deadline
    this.expired = lease.expired
    this.revision = lease.revision
  }

  /** Takes in the next state of the same agent. */
  become(next: Lease): void {
    this.profile = next.profile
    this.status = next.status
    this.load = next.load
    this.registeredAtMs = next.registeredAtMs
    this.lastBeat = next.lastBeat
    this.deadline = next.deadline
    this.expired = next.expired
    this.revision = next.revision
  }
}

/** A run of neighbouring leases, and how they were last shown. */
export interface LeaseBlock {
  readonly leases: TableLease[]
  /** Dropped as soon as any lease of the block changes. */
  shown: CachedView | undefined
}

/** The records of a block as they were read, and for how long that reading is true. */
export interface CachedView {
  readonly records: readonly AgentRecord[]
  /** Those of them that are alive; the same array when all are. */
  readonly alive: readonly AgentRecord[]
  /** Lease time from which one of the records would read as dead. */
  readonly trueUntil: number
  /** See `LeaseClock.shifts`. */
  readonly shifts: number
}

import type { AgentStatus } from '@rollcall/protocol'
import type { AgentProfile } from './agent-registration.ts'
import type { LeaseBlock } from './ordered-leases.ts'

/**
 * The live state of one agent. One object an agent, changed in place by heartbeats; the last
 * fields belong to the structures that hold it, so that each finds it again in O(1).
 */
export class Lease {
  readonly agentId: string
  profile: AgentProfile
  status: AgentStatus
  load: number | null
  /** Unix time in milliseconds. */
  registeredAtMs: number
  /** When the last sign of life came; see `LeaseClock.toBeat`. */
  lastBeat: number
  /** Lease time at which it lapses. */
  deadline: number
  /** Set by the sweep. A lease past its deadline is dead before that, too. */
  expired: boolean
  revision: number

  /** Where the timing wheel keeps it; -1 when it does not. */
  wheelTick = -1
  wheelIndex = -1
  /** The block of the ordered table that holds it. */
  block: LeaseBlock | undefined = undefined
  /** Its number in the index of texts; -1 when it is not there. */
  slot = -1
  /** Its last heartbeat is not on disk yet. */
  unsaved = false

  constructor(fields: LeaseFields) {
    this.agentId = fields.agentId
    this.profile = fields.profile
    this.status = fields.status
    this.load = fields.load
    this.registeredAtMs = fields.registeredAtMs
    this.lastBeat = fields.lastBeat
    this.deadline = fields.deadline
    this.expired = fields.expired
    this.revision = fields.revision
  }
}

/** The state of a lease without its place in any structure. */
export interface LeaseFields {
  readonly agentId: string
  readonly profile: AgentProfile
  readonly status: AgentStatus
  readonly load: number | null
  readonly registeredAtMs: number
  readonly lastBeat: number
  readonly deadline: number
  readonly expired: boolean
  readonly revision: number
}

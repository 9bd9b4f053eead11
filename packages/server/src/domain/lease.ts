import type { AgentStatus } from '@rollcall/protocol'
import type { AgentProfile } from './agent-registration.ts'
import type { Maintenance } from './maintenance.ts'
import type { BeatTime, LeaseTime } from './time-scales.ts'

/** The lease of one agent, which lists it as alive until a deadline, and the agent's state. */
export interface Lease {
  /** Identifies it in the registry. */
  readonly agentId: string
  /** What the agent registered with. */
  readonly profile: AgentProfile
  /** What the agent last reported. */
  readonly status: AgentStatus
  /** 0 (idle) to 1 (full); null when never reported. */
  readonly load: number | null
  /** The process that registered it; null: it did not say. */
  readonly instanceId: string | null
  /** Number of instances that have registered it, one after the other; from 1. */
  readonly incarnation: number
  /** The principal that registered it first; null: nobody, so the next one that registers it owns it. */
  readonly owner: string | null
  /** Unix time in milliseconds. */
  readonly registeredAtMs: number
  /** Of its last transition; Unix time in milliseconds. */
  readonly updatedAtMs: number
  /** When the last registration or heartbeat arrived; see `LeaseTimes.toBeat`. */
  readonly lastBeat: BeatTime
  /** The lease time at which it lapses. */
  readonly deadline: LeaseTime
  /** Set by the sweep. A lease past its deadline is dead even before that. */
  readonly expired: boolean
  /** Its expiry is held back by the brake on mass expiry, until the deadline. Kept when it expires. */
  readonly suspect: boolean
  /** What an operator has decided about it; null: nothing. */
  readonly maintenance: Maintenance | null
  /** Of its last transition. */
  readonly revision: number
}

/** Copies a lease without whatever else the object holds. */
export function copyLease(lease: Lease): { -readonly [Field in keyof Lease]: Lease[Field] } {
  const { agentId, profile, status, load, instanceId, incarnation, registeredAtMs, updatedAtMs } =
    lease
  const { owner, lastBeat, deadline, expired, suspect, maintenance, revision } = lease
  return {
    ...{ agentId, profile, status, load, instanceId, incarnation, registeredAtMs, updatedAtMs },
    ...{ owner, lastBeat, deadline, expired, suspect, maintenance, revision },
  }
}

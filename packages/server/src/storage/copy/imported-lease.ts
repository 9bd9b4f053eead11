import type { AgentRecord } from '../../domain/agent-record.ts'
import type { Lease } from '../../domain/lease.ts'
import type { BeatTime, LeaseTime } from '../../domain/time-scales.ts'

/** Converts a copied agent to a lease, on the time scales of the store that it is added to. */
export function toImportedLease(
  agent: AgentRecord,
  times: { lastBeat: BeatTime; deadline: LeaseTime },
): Lease {
  const {
    agentId,
    status,
    load,
    instanceId,
    incarnation,
    owner,
    registeredAtMs,
    updatedAtMs,
    revision,
  } = agent
  return {
    agentId,
    profile: agent,
    status,
    load,
    instanceId,
    incarnation,
    owner,
    registeredAtMs,
    updatedAtMs,
    ...times,
    expired: !agent.alive,
    suspect: agent.suspect,
    maintenance: agent.maintenance,
    revision,
  }
}

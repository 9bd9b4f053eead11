import { AgentRecord } from './agent-record.ts'
import type { HeartbeatReceipt } from './heartbeat.ts'
import type { Lease } from './lease.ts'
import type { AgentQuery } from './query/agent-query.ts'
import type { BeatTime, LeaseTime } from './time-scales.ts'

/** See `AgentQuery.aliveBy`. */
export type AliveBy = NonNullable<AgentQuery['aliveBy']>

/** Converts the times of leases: from a running clock, or at one fixed moment. */
export interface LeaseTimes {
  /** The current lease time, in which deadlines are expressed. It stops while no server listens. */
  now(): LeaseTime
  /** Converts lease time to the time scale of heartbeats. */
  toBeat(leaseTime: LeaseTime): BeatTime
  /** Converts the time of a heartbeat to Unix time: when it arrived, whatever stalls followed. */
  beatToWall(beat: BeatTime): number
  /** Converts a deadline to Unix time, assuming no further stall. */
  deadlineToWall(deadline: LeaseTime): number
}

/** Returns the lease as readers see it. */
export function toAgentRecord(
  lease: Lease,
  times: LeaseTimes,
  { now = times.now(), aliveBy = 'clock' }: { now?: LeaseTime; aliveBy?: AliveBy | undefined } = {},
): AgentRecord {
  const { profile } = lease
  return new AgentRecord({
    agentId: lease.agentId,
    agentName: profile.agentName,
    host: profile.host,
    port: profile.port,
    ttlSeconds: profile.ttlSeconds,
    metadata: profile.metadata,
    capabilities: profile.capabilities,
    version: profile.version,
    details: profile.details,
    tags: profile.tags,
    card: profile.card,
    url: profile.url,
    status: lease.status,
    load: lease.load,
    instanceId: lease.instanceId,
    incarnation: lease.incarnation,
    owner: lease.owner,
    registeredAtMs: lease.registeredAtMs,
    updatedAtMs: lease.updatedAtMs,
    lastHeartbeatMs: times.beatToWall(lease.lastBeat),
    expiresAtMs: times.deadlineToWall(lease.deadline),
    revision: lease.revision,
    suspect: lease.suspect,
    maintenance: lease.maintenance,
    alive: aliveBy === 'clock' ? now < lease.deadline : !lease.expired,
  })
}

/** Returns the result of a heartbeat as its caller sees it. */
export function toHeartbeatReceipt(lease: Lease, times: LeaseTimes): HeartbeatReceipt {
  return {
    lastHeartbeatMs: times.beatToWall(lease.lastBeat),
    expiresAtMs: times.deadlineToWall(lease.deadline),
    ttlSeconds: lease.profile.ttlSeconds,
    revision: lease.revision,
  }
}

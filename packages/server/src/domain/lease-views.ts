import { AgentRecord } from './agent-record.ts'
import type { HeartbeatReceipt } from './heartbeat.ts'
import type { Lease } from './lease.ts'
import type { AgentQuery } from './query/agent-query.ts'

/** See `AgentQuery.aliveBy`. */
export type AliveBy = NonNullable<AgentQuery['aliveBy']>

/** How the times of leases are read: as a clock that runs, or at one moment. */
export interface LeaseTimes {
  /** Lease time now: deadlines are points on it. It stands still while nobody listens. */
  now(): number
  /** A moment of lease time, on the scale on which heartbeats are noted. */
  toBeat(leaseTime: number): number
  /** Unix time of a heartbeat: when it came, whatever stalls came after it. */
  beatToWall(beat: number): number
  /** Unix time of a deadline, if no further stall comes. */
  deadlineToWall(deadline: number): number
}

/** The lease as readers see it. */
export function toAgentRecord(
  lease: Lease,
  times: LeaseTimes,
  { now = times.now(), aliveBy = 'clock' }: { now?: number; aliveBy?: AliveBy | undefined } = {},
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
    url: profile.url,
    status: lease.status,
    load: lease.load,
    registeredAtMs: lease.registeredAtMs,
    lastHeartbeatMs: times.beatToWall(lease.lastBeat),
    expiresAtMs: times.deadlineToWall(lease.deadline),
    revision: lease.revision,
    alive: aliveBy === 'clock' ? now < lease.deadline : !lease.expired,
  })
}

/** What a heartbeat did to the lease, as its caller sees it. */
export function toHeartbeatReceipt(lease: Lease, times: LeaseTimes): HeartbeatReceipt {
  return {
    lastHeartbeatMs: times.beatToWall(lease.lastBeat),
    expiresAtMs: times.deadlineToWall(lease.deadline),
    ttlSeconds: lease.profile.ttlSeconds,
    revision: lease.revision,
  }
}

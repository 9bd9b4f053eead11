import type { AgentStatus } from '@rollcall/protocol'
import { AgentRecord } from '../../../domain/agent-record.ts'
import type { AgentProfile } from '../../../domain/agent-registration.ts'
import { InternCache } from '../../../domain/intern-cache.ts'
import type { Lease } from '../../../domain/lease.ts'
import { encodeMaintenance, type Maintenance } from '../../../domain/maintenance.ts'
import { decodeOptionalFields, encodeOptionalFields } from '../../../domain/optional-fields.ts'
import { ProfileInterner } from '../../../domain/profile-interner.ts'
import { leaseTime } from '../../../domain/time-scales.ts'
import type { PreviousState, Transition, TransitionType } from '../../../domain/transition.ts'
import type { LeaseClock } from '../../live/lease-clock.ts'
import { decodePreviousState } from '../../previous-state.ts'
import type { TransitionRow } from '../threads/messages.ts'
import type { AgentCells, AgentRow } from './columns.ts'

/** Converts an agent to a row. */
export function toRow(lease: Lease, clock: LeaseClock): AgentCells {
  const { profile } = lease
  return [
    lease.agentId,
    profile.agentName,
    profile.host,
    profile.port,
    clock.beatToWall(lease.lastBeat),
    profile.ttlSeconds,
    profile.metadata?.json ?? null,
    lease.registeredAtMs,
    lease.updatedAtMs,
    profile.metadata?.givenAs ?? null,
    profile.capabilities.length === 0 ? '[]' : JSON.stringify(profile.capabilities),
    profile.version,
    encodeOptionalFields(profile),
    profile.url,
    lease.status,
    lease.load,
    lease.instanceId,
    lease.incarnation,
    lease.owner,
    clock.deadlineToWall(lease.deadline),
    lease.deadline,
    lease.expired ? 1 : 0,
    lease.revision,
    lease.suspect ? 1 : 0,
    encodeMaintenance(lease.maintenance),
  ]
}

/** Converts rows back to leases and transitions. */
export class RowReader {
  readonly #clock: LeaseClock
  readonly #interner = new ProfileInterner()
  readonly #maintenance = new InternCache<Maintenance>()
  readonly #owners = new InternCache<string>()
  readonly #capabilities = new InternCache<readonly string[]>()

  constructor(clock: LeaseClock) {
    this.#clock = clock
  }

  toLease(agent: AgentRow): Lease {
    return {
      agentId: agent.agent_id as string,
      profile: this.#profile(agent),
      status: agent.status as AgentStatus,
      load: agent.load as number | null,
      instanceId: agent.instance_id as string | null,
      incarnation: agent.incarnation as number,
      owner: this.#ownerOf(agent),
      registeredAtMs: agent.registered_at as number,
      updatedAtMs: (agent.updated_at ?? agent.registered_at) as number,
      lastBeat: this.#clock.wallToBeat(agent.last_heartbeat as number),
      deadline: leaseTime(agent.lease_deadline as number),
      expired: agent.expired === 1,
      suspect: agent.suspect === 1,
      maintenance: this.#maintenanceOf(agent),
      revision: agent.revision as number,
    }
  }

  toTransition(row: TransitionRow): Transition {
    const type = row.type as TransitionType
    const agent = this.#toRecord(row, row.at)
    return {
      revision: row.transition_revision,
      type,
      agentId: agent.agentId,
      atMs: row.at,
      reason: row.reason,
      actor: row.actor,
      agent,
      before: previousStateOf(type, agent, row.before_traits),
    }
  }

  /** Returns the agent of a transition, as of that moment. */
  #toRecord(agent: AgentRow, atMs: number): AgentRecord {
    return new AgentRecord({
      agentId: agent.agent_id as string,
      ...this.#profile(agent),
      status: agent.status as AgentStatus,
      load: agent.load as number | null,
      instanceId: agent.instance_id as string | null,
      incarnation: agent.incarnation as number,
      owner: this.#ownerOf(agent),
      registeredAtMs: agent.registered_at as number,
      updatedAtMs: atMs,
      lastHeartbeatMs: agent.last_heartbeat as number,
      expiresAtMs: agent.expires_at as number,
      revision: agent.revision as number,
      suspect: agent.suspect === 1,
      maintenance: this.#maintenanceOf(agent),
      alive: atMs < (agent.expires_at as number),
    })
  }

  #ownerOf({ owner }: AgentRow): string | null {
    return owner === null ? null : this.#owners.getOrCreate(owner as string, (name) => name)
  }

  #maintenanceOf({ maintenance }: AgentRow): Maintenance | null {
    return maintenance === null
      ? null
      : this.#maintenance.getOrCreate(maintenance as string, JSON.parse)
  }

  #profile(agent: AgentRow): AgentProfile {
    const json = agent.metadata as string | null
    return this.#interner.intern({
      agentName: agent.agent_name as string,
      host: agent.host as string,
      port: agent.port as number,
      ttlSeconds: agent.ttl_seconds as number,
      metadata:
        json === null
          ? null
          : { json, givenAs: agent.metadata_given_as === 'string' ? 'string' : 'object' },
      capabilities: this.#capabilities.getOrCreate(agent.capabilities as string, JSON.parse),
      version: agent.version as string | null,
      ...decodeOptionalFields(agent.details as string | null),
      url: agent.url as string,
    })
  }
}

function previousStateOf(
  type: TransitionType,
  agent: AgentRecord,
  encoded: string | null,
): PreviousState | undefined {
  if (type === 'registered') return undefined
  if (encoded !== null) return decodePreviousState(agent, encoded)
  // Schema 1 stored no previous state; deriving it from the type is right for most filters.
  return decodePreviousState(
    agent,
    JSON.stringify({ alive: type !== 'revived' && type !== 'removed' }),
  )
}

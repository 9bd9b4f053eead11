import type { AgentStatus } from '@rollcall/protocol'
import { InternCache } from '../../domain/intern-cache.ts'
import type { Lease } from '../../domain/lease.ts'
import { encodeMaintenance, type Maintenance } from '../../domain/maintenance.ts'
import { decodeOptionalFields, encodeOptionalFields } from '../../domain/optional-fields.ts'
import { ProfileInterner } from '../../domain/profile-interner.ts'
import { beatTime, leaseTime } from '../../domain/time-scales.ts'
import type { Change } from '../../domain/transition-batch.ts'
import type { MomentRow } from './nodes/database-time.ts'
import { sqlTermsOf } from './reads/search-terms.ts'

/** An agent as `pg` returns it; `bigint` arrives as text, and as a number in JSON. */
export interface AgentRow {
  readonly agent_id: string
  readonly agent_name: string
  readonly host: string
  readonly port: number
  readonly ttl_seconds: number
  readonly metadata: string | null
  readonly metadata_given_as: 'object' | 'string' | null
  readonly capabilities: string[]
  readonly version: string | null
  readonly details: string | null
  readonly url: string
  readonly status: AgentStatus
  readonly load: number | null
  readonly instance_id: string | null
  readonly incarnation: number
  readonly owner: string | null
  readonly registered_at: string
  /** Null: not since the schema has it. */
  readonly updated_at: string | null
  readonly last_beat: string
  readonly deadline: string
  readonly expired: boolean
  readonly suspect: boolean
  readonly maintenance: string | null
  readonly revision: string
}

/** The columns of an agent. Typed, so that none of {@link AgentRow} is missing. */
const COLUMNS: Readonly<Record<keyof AgentRow, true>> = {
  agent_id: true,
  agent_name: true,
  host: true,
  port: true,
  ttl_seconds: true,
  metadata: true,
  metadata_given_as: true,
  capabilities: true,
  version: true,
  details: true,
  url: true,
  status: true,
  load: true,
  instance_id: true,
  incarnation: true,
  owner: true,
  registered_at: true,
  updated_at: true,
  last_beat: true,
  deadline: true,
  expired: true,
  suspect: true,
  maintenance: true,
  revision: true,
}

/** The columns of an agent `a` that readers need, in SQL. */
export const AGENT_COLUMNS = Object.keys(COLUMNS)
  .map((column) => `a.${column}`)
  .join(', ')

type NoAgentRow = { readonly [column in keyof AgentRow]: null }

/** A moment, and the agent at that moment, if it exists. */
export type FoundRow = MomentRow & (AgentRow | NoAgentRow)

/** What a change has for an agent without an owner: no principal can be called so. */
const NO_OWNER = ''

const interner = new ProfileInterner()
const maintenanceCache = new InternCache<Maintenance>()

/** Decodes the maintenance of an agent. */
function maintenanceOf(text: string | null): Maintenance | null {
  return text === null ? null : maintenanceCache.getOrCreate(text, JSON.parse)
}

export function toLease(row: AgentRow): Lease {
  const { metadata: json, metadata_given_as: givenAs } = row
  return {
    agentId: row.agent_id,
    profile: interner.intern({
      agentName: row.agent_name,
      host: row.host,
      port: row.port,
      ttlSeconds: row.ttl_seconds,
      metadata: json === null ? null : { json, givenAs: givenAs ?? 'object' },
      capabilities: row.capabilities,
      version: row.version,
      ...decodeOptionalFields(row.details),
      url: row.url,
    }),
    status: row.status,
    load: row.load,
    instanceId: row.instance_id,
    incarnation: row.incarnation,
    owner: row.owner,
    registeredAtMs: Number(row.registered_at),
    updatedAtMs: Number(row.updated_at ?? row.registered_at),
    lastBeat: beatTime(Number(row.last_beat)),
    deadline: leaseTime(Number(row.deadline)),
    expired: row.expired,
    suspect: row.suspect,
    maintenance: maintenanceOf(row.maintenance),
    revision: Number(row.revision),
  }
}

/** Some columns, as JSON for the database; undefined: null. */
type ColumnsOf<Column extends string> = Readonly<Record<Column, unknown>>

/** Converts an agent to a row, without its revision. */
export function toColumns(lease: Lease): ColumnsOf<Exclude<keyof AgentRow, 'revision'> | 'terms'> {
  const { profile } = lease
  return {
    agent_name: profile.agentName,
    host: profile.host,
    port: profile.port,
    ttl_seconds: profile.ttlSeconds,
    metadata: profile.metadata?.json,
    metadata_given_as: profile.metadata?.givenAs,
    capabilities: profile.capabilities,
    version: profile.version,
    details: encodeOptionalFields(profile),
    url: profile.url,
    registered_at: lease.registeredAtMs,
    terms: sqlTermsOf(profile),
    ...toLeaseColumns(lease),
  }
}

function toLeaseColumns(lease: Lease) {
  return {
    agent_id: lease.agentId,
    status: lease.status,
    load: lease.load,
    instance_id: lease.instanceId,
    incarnation: lease.incarnation,
    owner: lease.owner,
    updated_at: lease.updatedAtMs,
    last_beat: lease.lastBeat,
    deadline: lease.deadline,
    expired: lease.expired,
    suspect: lease.suspect,
    maintenance: encodeMaintenance(lease.maintenance),
  }
}

/**
 * Converts an agent after a group of intents to a parameter of `rollcall.commit`.
 *
 * @param before the agent as it was read; undefined: it did not exist
 * @param now lease time at which it was read
 */
export function toChangeRow({ lease, gone, card }: Change, before: Lease | undefined, now: number) {
  // While the brake on mass expiry is on, a lease is held before its deadline.
  const isHeld = lease.suspect && before?.suspect === false
  const isLapsed = before !== undefined && !before.expired && (before.deadline <= now || isHeld)
  // Most changes affect only the lease; the profile then need not be sent or written.
  const same_profile = before !== undefined && before.profile === lease.profile
  return {
    before: before?.revision,
    // The deadline that the decision is based on; a heartbeat since then invalidates it.
    lapsed_at: isLapsed ? before.deadline : undefined,
    gone,
    same_profile,
    // A heartbeat since then may have changed the load: then the newer one is kept.
    ...(before !== undefined && { found_load: before.load, has_found_load: true }),
    ...(gone || same_profile ? toLeaseColumns(lease) : toColumns(lease)),
    ...(card !== undefined && { card, is_card_changed: true }),
    // Nodes of the version before send none.
    owner: lease.owner ?? NO_OWNER,
  }
}

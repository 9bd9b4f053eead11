import {
  type AgentDetails,
  type AgentFields,
  bracketedHost,
  detailsOf,
  LIMITS,
  type LoadsEvent,
  type Registration,
  toRegistration,
  type Agent as WireAgent,
  type AgentEvent as WireEvent,
  type Maintenance as WireMaintenance,
  type MaintenanceEntry as WireMaintenanceEntry,
  wireDetailsOf,
} from '@rollcall/protocol'
import type { ClientOptions } from '../options/client-options.ts'
import type { ResolvedAgent } from '../options/resolve-options.ts'
import { unexpectedResponse } from './responses.ts'

// Converts between the snake_case names of the wire and the camelCase names of this package.

/** An agent, as returned by the registry. */
export interface Agent extends AgentDetails {
  /** The unique id in the registry. */
  readonly agentId: string
  /** Display name. */
  readonly agentName: string
  /** Host name or IP address. */
  readonly host: string
  /** Port, 1 to 65535. */
  readonly port: number
  /** URL at which to call the agent. */
  readonly url: string
  /** Version of the agent; null if it never reported one. */
  readonly version: string | null
  /** Lease duration in seconds: how long the agent is listed without a heartbeat. */
  readonly ttlSeconds: number
  /** Metadata as registered: an object, a string of JSON, or null. */
  readonly metadata: Readonly<Record<string, unknown>> | string | null
  /** What the agent can do. */
  readonly capabilities: readonly string[]
  /** Words by which people look for the agent. */
  readonly tags: readonly string[]
  /** Whether the agent has a card; see `CardApi.text`. */
  readonly hasCard: boolean
  /** The status reported by the agent, unless the registry or an operator says otherwise. */
  readonly status: WireAgent['status']
  /** What an operator has decided about the agent, which is then shown as `draining`; null: nothing. */
  readonly maintenance: Maintenance | null
  /** Load from 0 (idle) to 1 (full), or null if the agent never reported it. */
  readonly load: number | null
  /** The process that registered the agent; null if it did not say. */
  readonly instanceId: string | null
  /** Number of instances that have registered the agent, one after the other. */
  readonly incarnation: number
  /** The principal that the agent belongs to: only it and admins may change the agent; null: nobody. */
  readonly owner: string | null
  /** Time of the first registration; registering again does not change it. */
  readonly registeredAt: Date
  /** Time of the last visible change. */
  readonly updatedAt: Date
  /** Time of the last heartbeat or registration. */
  readonly lastHeartbeat: Date
  /** When the lease lapses without another heartbeat. */
  readonly expiresAt: Date
  /** Whether the lease is active, as determined by the registry at the time of the read. */
  readonly isAlive: boolean
  /** Revision of the last visible change. */
  readonly revision: number
}

/** What an operator has decided about agents. */
export interface Maintenance {
  /** Why, for humans. */
  readonly reason: string
  /** When it began. */
  readonly since: Date
  /** Who decided it. */
  readonly by: string
}

/** What an operator decides when setting maintenance. */
export interface MaintenanceDecision {
  /** Why, for humans; at most 500 characters. */
  readonly reason: string
  /** Who decides it. Default: the address of this machine, as the registry sees it. */
  readonly by?: string | undefined
}

/** Maintenance of one id, or of all ids with a beginning. */
export interface MaintenanceEntry extends Maintenance {
  /** An agent id, or the beginning of ids followed by `*`. */
  readonly pattern: string
}

/** A visible change of one agent. */
export interface AgentEvent {
  /** Revision of the registry after the change. */
  readonly revision: number
  /** `entered` and `left` mean that the agent starts or stops matching the filter. */
  readonly type: WireEvent['type']
  /** Id of the agent that changed. */
  readonly agentId: string
  /** Time of the change. */
  readonly at: Date
  /** Human-readable reason. */
  readonly reason: string
  /** Who asked for it: a principal, or `anonymous (ADDRESS)`; null: nobody, as for an expiry. */
  readonly actor: string | null
  /** Whether a list with the same filter contains the agent after the change. */
  readonly listed: boolean
  /** The agent after the change; its last state if it was removed. */
  readonly agent: Agent
}

/** The load of one agent. */
export interface AgentLoad {
  /** The unique id in the registry. */
  readonly agentId: string
  /** Load from 0 (idle) to 1 (full), or null if the agent never reported it. */
  readonly load: number | null
}

/** Builds a registration from the resolved agent and the optional properties that were given. */
export function registrationOf(
  agent: ResolvedAgent,
  given: ClientOptions,
  instanceId: string | undefined,
): Registration {
  const { metadata, capabilities, tags, card, version, url, status, load } = given
  return toRegistration({
    agent_id: agent.agentId,
    agent_name: agent.agentName,
    host: agent.host,
    port: agent.port,
    ttl_seconds: agent.ttlSeconds,
    metadata,
    capabilities: capabilities ? [...capabilities] : undefined,
    tags: tags ? [...tags] : undefined,
    card,
    version,
    ...wireDetailsOf(given),
    url,
    status: status || undefined,
    load,
    instance_id: instanceId,
  })
}

export function toAgentLoad({ agent_id, load }: LoadsEvent['loads'][number]): AgentLoad {
  return { agentId: agent_id, load }
}

/**
 * Converts an agent of any registry. Fields that an older registry omits get the values that a
 * current one would return.
 *
 * @throws NetworkError if the value is not an agent
 */
export function toAgent(wire: unknown): Agent {
  const given: Partial<WireAgent> = requireObject(wire)
  const { agent_id: agentId, host = '', port = 0, metadata = null, is_alive } = given
  if (typeof agentId !== 'string') throw unexpectedResponse('not an agent')
  const ttlSeconds = given.ttl_seconds ?? LIMITS.ttlSeconds.default
  const lastHeartbeat = parseTime(given.last_heartbeat)
  const expiresAt = parseTime(given.expires_at, lastHeartbeat.getTime() + ttlSeconds * 1000)
  const registeredAt = parseTime(given.registered_at, lastHeartbeat.getTime())
  const isAlive = is_alive ?? Date.now() < expiresAt.getTime()
  return {
    agentId,
    agentName: given.agent_name ?? agentId,
    host,
    port,
    url: given.url ?? `http://${bracketedHost(host)}:${port}`,
    version: given.version ?? null,
    ...detailsOf(given),
    ttlSeconds,
    metadata,
    capabilities: given.capabilities ?? capabilitiesFrom(metadata),
    tags: given.tags ?? [],
    hasCard: given.has_card ?? false,
    status: given.status ?? (isAlive ? 'ready' : 'expired'),
    maintenance: given.maintenance ? toMaintenance(given.maintenance) : null,
    load: given.load ?? null,
    instanceId: given.instance_id ?? null,
    incarnation: given.incarnation ?? 1,
    owner: given.owner ?? null,
    registeredAt,
    updatedAt: parseTime(given.updated_at, registeredAt.getTime()),
    lastHeartbeat,
    expiresAt,
    isAlive,
    revision: given.revision ?? 0,
  } satisfies AgentFields
}

function toMaintenance({ reason, since, by }: WireMaintenance): Maintenance {
  return { reason, since: parseTime(since), by }
}

/** @throws NetworkError if the value is not an entry */
export function toMaintenanceEntry(wire: unknown): MaintenanceEntry {
  const entry = requireObject(wire) as unknown as WireMaintenanceEntry
  return { pattern: entry.pattern, ...toMaintenance(entry) }
}

export function toAgentEvent(wire: unknown): AgentEvent {
  const event = requireObject(wire) as WireEvent
  const { revision, type, agent_id, at, reason, actor = null, listed, agent } = event
  return {
    revision,
    type,
    agentId: agent_id,
    at: parseTime(at),
    reason,
    actor,
    listed,
    agent: toAgent(agent),
  }
}

/** @throws NetworkError if the value is not an object */
export function requireObject(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw unexpectedResponse('not an object')
  }
  return body as Readonly<Record<string, unknown>>
}

/** @throws NetworkError if the value is not an array */
export function requireArray(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) throw unexpectedResponse('not a list')
  return body
}

/** Parses a time; without a time zone it is UTC, as servers that omit the zone intend. */
function parseTime(text: unknown, fallbackMs = Date.now()): Date {
  const isZoned = /Z$|[+-]\d\d:?\d\d$/i.test(String(text))
  const ms = Date.parse(isZoned ? String(text) : `${text}Z`.replace(' ', 'T'))
  return new Date(Number.isNaN(ms) ? fallbackMs : ms)
}

function capabilitiesFrom(metadata: Agent['metadata']): readonly string[] {
  const listed = typeof metadata === 'object' && metadata?.capabilities
  return Array.isArray(listed) && listed.every((word) => typeof word === 'string') ? listed : []
}

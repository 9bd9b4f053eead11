import {
  type AgentFields,
  LIMITS,
  type LoadsEvent,
  type Registration,
  toRegistration,
  type Agent as WireAgent,
  type AgentEvent as WireEvent,
} from '@rollcall/protocol'
import type { AgentOptions, ResolvedAgent } from '../options/client-options.ts'
import { unexpectedResponse } from './responses.ts'

// The one place where the names of the wire become those of TypeScript.

/** An agent, as the registry showed it. */
export interface Agent {
  /** Names it in the registry. */
  readonly agentId: string
  /** What people call it. */
  readonly agentName: string
  /** Host name or IP address. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Where to call it. */
  readonly url: string
  /** Of the agent; null when it never said. */
  readonly version: string | null
  /** Seconds that it is listed without a heartbeat. */
  readonly ttlSeconds: number
  /** In the form it was given: an object, a string of JSON, or null. */
  readonly metadata: Readonly<Record<string, unknown>> | string | null
  /** What it can do. */
  readonly capabilities: readonly string[]
  /** What the agent says of itself, or `expired` when its lease has lapsed. */
  readonly status: WireAgent['status']
  /** 0 (idle) to 1 (full), or null when it never said. */
  readonly load: number | null
  /** The first time; registering again keeps it. */
  readonly registeredAt: Date
  /** The last sign of life. */
  readonly lastHeartbeat: Date
  /** When the lease lapses without another heartbeat. */
  readonly expiresAt: Date
  /** Judged by the registry at the moment of the read. */
  readonly isAlive: boolean
  /** Of its last visible change. */
  readonly revision: number
}

/** One visible change of one agent. */
export interface AgentEvent {
  /** Of the registry after the change. */
  readonly revision: number
  /** `entered` and `left` tell of the border of a filter, the others of what happened. */
  readonly type: WireEvent['type']
  /** Whose change it is. */
  readonly agentId: string
  /** When it happened. */
  readonly at: Date
  /** Why, for people. */
  readonly reason: string
  /** Whether the list with the same filters shows the agent after this change. */
  readonly listed: boolean
  /** After the change; when it is gone, as it last was. */
  readonly agent: Agent
}

/** How busy one agent is. */
export interface AgentLoad {
  /** Names it in the registry. */
  readonly agentId: string
  /** 0 (idle) to 1 (full), or null when it never said. */
  readonly load: number | null
}

/** What an agent registers with: what was resolved, and what is only sent when it was given. */
export function registrationOf(
  agent: ResolvedAgent & { readonly host: string },
  given: AgentOptions,
): Registration {
  const { metadata, capabilities, version, url, status, load } = given
  return toRegistration({
    agent_id: agent.agentId,
    agent_name: agent.agentName,
    host: agent.host,
    port: agent.port,
    ttl_seconds: agent.ttlSeconds,
    metadata,
    capabilities: capabilities ? [...capabilities] : undefined,
    version,
    url,
    status: status || undefined,
    load,
  })
}

export function toAgentLoad({ agent_id, load }: LoadsEvent['loads'][number]): AgentLoad {
  return { agentId: agent_id, load }
}

/**
 * An agent as some registry shows it: what an older one does not say is what this one would have
 * said of it.
 *
 * @throws NetworkError when it is no agent
 */
export function toAgent(wire: unknown): Agent {
  const given: Partial<WireAgent> = objectIn(wire)
  const { agent_id: agentId, host = '', port = 0, metadata = null, is_alive } = given
  if (typeof agentId !== 'string') throw unexpectedResponse('no agent')
  const ttlSeconds = given.ttl_seconds ?? LIMITS.ttlSeconds.default
  const lastHeartbeat = timeIn(given.last_heartbeat)
  const expiresAt = timeIn(given.expires_at, lastHeartbeat.getTime() + ttlSeconds * 1000)
  const isAlive = is_alive ?? Date.now() < expiresAt.getTime()
  return {
    agentId,
    agentName: given.agent_name ?? agentId,
    host,
    port,
    url: given.url ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    version: given.version ?? null,
    ttlSeconds,
    metadata,
    capabilities: given.capabilities ?? capabilitiesIn(metadata),
    status: given.status ?? (isAlive ? 'ready' : 'expired'),
    load: given.load ?? null,
    registeredAt: timeIn(given.registered_at, lastHeartbeat.getTime()),
    lastHeartbeat,
    expiresAt,
    isAlive,
    revision: given.revision ?? 0,
  } satisfies AgentFields
}

export function toAgentEvent(wire: unknown): AgentEvent {
  const { revision, type, agent_id, at, reason, listed, agent } = objectIn(wire) as WireEvent
  return {
    revision,
    type,
    agentId: agent_id,
    at: timeIn(at),
    reason,
    listed,
    agent: toAgent(agent),
  }
}

/** @throws NetworkError when it is something else */
export function objectIn(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw unexpectedResponse('no object')
  }
  return body as Readonly<Record<string, unknown>>
}

/** A time without a zone is UTC, as it is for everybody who writes one into an answer. */
function timeIn(text: unknown, otherwiseMs = Date.now()): Date {
  const isZoned = /Z$|[+-]\d\d:?\d\d$/i.test(String(text))
  const ms = Date.parse(isZoned ? String(text) : `${text}Z`.replace(' ', 'T'))
  return new Date(Number.isNaN(ms) ? otherwiseMs : ms)
}

function capabilitiesIn(metadata: Agent['metadata']): readonly string[] {
  const listed = typeof metadata === 'object' && metadata?.capabilities
  return Array.isArray(listed) && listed.every((word) => typeof word === 'string') ? listed : []
}

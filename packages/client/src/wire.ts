import type {
  LoadsEvent,
  Registration,
  Agent as WireAgent,
  AgentEvent as WireEvent,
} from '@rollcall/protocol'
import type { AgentOptions, ResolvedAgent } from './client-options.ts'

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
export function toRegistration(agent: ResolvedAgent, given: AgentOptions): Registration {
  const { metadata, capabilities, version, url, status, load } = given
  return {
    agent_id: agent.agentId,
    agent_name: agent.agentName,
    host: agent.host,
    port: agent.port,
    ttl_seconds: agent.ttlSeconds,
    ...(metadata !== undefined && { metadata }),
    ...(capabilities && { capabilities: [...capabilities] }),
    ...(version !== undefined && { version }),
    ...(url !== undefined && { url }),
    ...(status && { status }),
    ...(load !== undefined && { load }),
  }
}

export function toAgentLoad({ agent_id, load }: LoadsEvent['loads'][number]): AgentLoad {
  return { agentId: agent_id, load }
}

export function toAgent(wire: WireAgent): Agent {
  return {
    agentId: wire.agent_id,
    agentName: wire.agent_name,
    host: wire.host,
    port: wire.port,
    url: wire.url,
    version: wire.version,
    ttlSeconds: wire.ttl_seconds,
    metadata: wire.metadata,
    capabilities: wire.capabilities,
    status: wire.status,
    load: wire.load,
    registeredAt: new Date(wire.registered_at),
    lastHeartbeat: new Date(wire.last_heartbeat),
    expiresAt: new Date(wire.expires_at),
    isAlive: wire.is_alive,
    revision: wire.revision,
  }
}

export function toAgentEvent(wire: WireEvent): AgentEvent {
  return {
    revision: wire.revision,
    type: wire.type,
    agentId: wire.agent_id,
    at: new Date(wire.at),
    reason: wire.reason,
    listed: wire.listed,
    agent: toAgent(wire.agent),
  }
}

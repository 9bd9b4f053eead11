import type { Agent as WireAgent, AgentEvent as WireEvent } from '@rollcall/protocol'

// The one place where the names of the wire become those of TypeScript.

/** An agent, as the registry showed it. */
export interface Agent {
  readonly agentId: string
  readonly agentName: string
  readonly host: string
  readonly port: number
  /** Where to call it. */
  readonly url: string
  readonly version: string | null
  readonly ttlSeconds: number
  /** In the form it was given: an object, a string of JSON, or null. */
  readonly metadata: Readonly<Record<string, unknown>> | string | null
  readonly capabilities: readonly string[]
  /** What the agent says of itself, or `expired` when its lease has lapsed. */
  readonly status: WireAgent['status']
  /** 0 (idle) to 1 (full), or null when it never said. */
  readonly load: number | null
  readonly registeredAt: Date
  readonly lastHeartbeat: Date
  readonly expiresAt: Date
  readonly isAlive: boolean
  /** Of its last visible change. */
  readonly revision: number
}

/** One visible change of one agent. */
export interface AgentEvent {
  readonly revision: number
  readonly type: WireEvent['type']
  readonly agentId: string
  readonly at: Date
  /** Why, for people. */
  readonly reason: string
  /** Whether the list with the same filters shows the agent after this change. */
  readonly listed: boolean
  readonly agent: Agent
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

import type { Agent } from '@rollcall/client'

/** The time at which the agents have sent their heartbeat. */
export const HEARTBEAT_MS = Date.UTC(2026, 10, 27, 12)

/** An agent with a TTL of 60 s; pass the fields that matter to the test. */
export function agent(agentId: string, more: Partial<Agent> = {}): Agent {
  return {
    agentId,
    agentName: agentId,
    host: 'host',
    port: 8000,
    url: 'http://host:8000',
    version: null,
    description: null,
    protocol: null,
    identifier: null,
    cardUrl: null,
    tags: [],
    hasCard: false,
    ttlSeconds: 60,
    metadata: null,
    capabilities: [],
    status: 'ready',
    maintenance: null,
    load: null,
    instanceId: null,
    incarnation: 1,
    owner: null,
    registeredAt: new Date(HEARTBEAT_MS),
    updatedAt: new Date(HEARTBEAT_MS),
    lastHeartbeat: new Date(HEARTBEAT_MS),
    expiresAt: new Date(HEARTBEAT_MS + 60_000),
    isAlive: true,
    revision: 1,
    ...more,
  }
}

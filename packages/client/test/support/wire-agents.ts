import type { RegisteredAgent } from '@rollcall/protocol'
import { type Agent, toAgent } from '../../src/transport/wire.ts'

/** The response to a registration; override what matters to the test. */
export function wireAgent(agentId: string, more: Partial<RegisteredAgent> = {}): RegisteredAgent {
  return {
    agent_id: agentId,
    agent_name: 'an agent',
    host: '127.0.0.1',
    port: 8000,
    url: 'http://127.0.0.1:8000',
    version: null,
    ttl_seconds: 60,
    metadata: null,
    capabilities: [],
    status: 'ready',
    load: null,
    incarnation: 1,
    registered_at: '2026-01-01T00:00:00.000Z',
    last_heartbeat: '2026-01-01T00:00:00.000Z',
    expires_at: '2026-01-01T00:01:00.000Z',
    is_alive: true,
    revision: 1,
    heartbeat_interval_seconds: 20,
    ...more,
  }
}

/** An agent as returned by the client. */
export function agent(agentId: string, more: Partial<Agent> = {}): Agent {
  return { ...toAgent(wireAgent(agentId)), ...more }
}

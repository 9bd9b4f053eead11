import type { AgentRegistration } from '../domain/agent-registration.ts'

/** Returns a valid registration, with a TTL of 10 s and the given overrides. */
export function registration(overrides: Partial<AgentRegistration> = {}): AgentRegistration {
  return {
    agentId: 'scout',
    agentName: 'Scout',
    host: '10.0.0.7',
    port: 8000,
    ttlSeconds: 10,
    ...overrides,
  }
}

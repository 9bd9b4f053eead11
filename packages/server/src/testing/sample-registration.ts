import type { AgentRegistration } from '../domain/agent-registration.ts'

/** A registration that is right, with a TTL of 10 s, and whatever a test wants different in it. */
export function registration(said: Partial<AgentRegistration> = {}): AgentRegistration {
  return {
    agentId: 'scout',
    agentName: 'Scout',
    host: '10.0.0.7',
    port: 8000,
    ttlSeconds: 10,
    ...said,
  }
}

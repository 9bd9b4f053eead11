import type { AgentRegistration } from '../../src/index.ts'

/** Returns a valid registration with the given overrides. */
export function registration(overrides: Partial<AgentRegistration> = {}): AgentRegistration {
  return { agentId: 'scout', agentName: 'Scout', host: '10.0.0.7', port: 8000, ...overrides }
}

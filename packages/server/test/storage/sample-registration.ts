import type { AgentRegistration } from '../../src/index.ts'

/** A registration that is right, and whatever a test wants different in it. */
export function registration(said: Partial<AgentRegistration> = {}): AgentRegistration {
  return { agentId: 'scout', agentName: 'Scout', host: '10.0.0.7', port: 8000, ...said }
}

import type { AgentRegistration } from '../../src/index.ts'

/** Returns a valid registration with the given overrides. */
export function registration(overrides: Partial<AgentRegistration> = {}): AgentRegistration {
  return { agentId: 'scout', agentName: 'Scout', host: '10.0.0.7', port: 8000, ...overrides }
}

/** Returns a registration with many fields, and values that are hard to copy. */
export function fullRegistration(agentId: string): AgentRegistration {
  return {
    agentId,
    agentName: 'Ünïcödé 🛰 "quoted" \\ back\u2028',
    host: 'fd00::1',
    port: 65_535,
    ttlSeconds: 86_400,
    metadata: { zone: 'eu-1', n: 1e21, list: [1, null, { deep: true }] },
    capabilities: ['search', 'über-setzen'],
    version: '1.2.3-β',
    url: 'https://[fd00::1]:65535/a?b=c',
    status: 'draining',
    load: 0.123456789,
  }
}

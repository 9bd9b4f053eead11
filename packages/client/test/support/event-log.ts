import type { AgentRegistryClient } from '../../src/agent-registry-client.ts'

/** Records the names of the events that a client emits. */
export function recordEvents(client: AgentRegistryClient): string[] {
  const log: string[] = []
  for (const name of [
    'registered',
    'lost',
    'reregistered',
    'closed',
    'error',
    'recovered',
  ] as const) {
    client.on(name, () => log.push(name))
  }
  return log
}

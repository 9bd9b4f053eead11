import type { AgentRegistryClient } from '../../src/agent-registry-client.ts'

/** What a client tells, by name. */
export function storyOf(client: AgentRegistryClient): string[] {
  const story: string[] = []
  for (const name of [
    'registered',
    'lost',
    'reregistered',
    'closed',
    'error',
    'recovered',
  ] as const) {
    client.on(name, () => story.push(name))
  }
  return story
}

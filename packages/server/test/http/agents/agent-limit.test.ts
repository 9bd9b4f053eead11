import { MemoryAgentRegistryRepository } from '@rollcall/server'
import { expect, test } from 'vitest'
import { AgentLimit } from '../../../src/http/agents/agent-limit.ts'

const FIELDS = { agentName: 'Agent', host: '10.0.0.7', port: 8000 }

test('while the heap is nearly full, only agents that are registered may register', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  let share = 0.79
  const limit = await AgentLimit.of({ repository, maxAgents: 1000, heapShare: () => share })
  await limit.register({ agentId: 'a', ...FIELDS })
  share = 0.81
  await expect(limit.register({ agentId: 'b', ...FIELDS })).rejects.toMatchObject({
    code: 'REGISTRY_FULL',
    message: expect.stringContaining('80 % of its memory'),
  })
  await expect(limit.register({ agentId: 'a', ...FIELDS })).resolves.toMatchObject({ agentId: 'a' })
  share = 0.79
  await expect(limit.register({ agentId: 'b', ...FIELDS })).resolves.toMatchObject({ agentId: 'b' })
})

test('registrations that fail leave their room to others', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  const limit = await AgentLimit.of({ repository, maxAgents: 1, heapShare: () => 0 })
  await expect(limit.register({ agentId: 'a', ...FIELDS, metadata: 'no JSON' })).rejects.toThrow()
  await expect(limit.register({ agentId: 'a', ...FIELDS })).resolves.toMatchObject({ agentId: 'a' })
})

import { expect, test } from 'vitest'
import { AgentRegistryServer } from '../../src/index.ts'

test('the app serves requests without a port and without the command', async () => {
  await using server = new AgentRegistryServer('sqlite:///:memory:')
  const response = await server.createApp().inject('/health')
  expect(response.json()).toMatchObject({ status: 'healthy', registered_agents: 0 })
})

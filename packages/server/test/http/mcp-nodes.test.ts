// Subscriptions of MCP with two nodes of one database: each follows the changes of both.
import { expect, test } from 'vitest'
import { connect } from '../../../../test/http/mcp/support/mcp-clients.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../test/postgres/support/database-per-test.ts'
import { AgentRegistryServer } from '../../src/index.ts'

const database = databasePerTest()

test('a subscriber on one node is notified of what agents do on the other', async () => {
  await using here = new AgentRegistryServer(database.url)
  await using there = new AgentRegistryServer(database.url)
  const [url, otherUrl] = [await here.listen({ port: 0 }), await there.listen({ port: 0 })]
  await using session = await connect(url)
  const uri = 'rollcall://agents/worker-1'
  await session.client.listen({ resourceSubscriptions: [uri], resourcesListChanged: true })

  await fetch(`${otherUrl}/agents/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agent_id: 'worker-1', agent_name: 'A', host: '10.0.0.1', port: 80 }),
  })
  await eventually(() => session.notifications.toSorted()).toEqual(['list_changed', uri])

  const { contents } = await session.client.readResource({ uri })
  expect(JSON.stringify(contents)).toContain('10.0.0.1')
})

// Subscriptions of MCP are streams: they are counted, and end, like those of the change feed.
import { describe, expect, test } from 'vitest'
import { connect } from '../../../../test/http/mcp/support/mcp-clients.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { AgentRegistryServer, type AgentRegistryServerOptions } from '../../src/index.ts'
import { guardedRegistry, TOKENS } from '../access/support/guarded-registry.ts'

const EVERYTHING = { resourceSubscriptions: ['rollcall://agents'], resourcesListChanged: true }

async function started(options: AgentRegistryServerOptions = {}) {
  const server = new AgentRegistryServer('memory:', options)
  return { server, url: await server.listen({ port: 0 }) }
}

test('a subscription ends with a result when the registry shuts down', async () => {
  const { server, url } = await started()
  await using session = await connect(url)
  const subscription = await session.client.listen(EVERYTHING)
  await server.close()
  expect(await subscription.closed).toBe('graceful')
})

test('a subscription ends when the token of its caller is revoked', async () => {
  await using registry = await guardedRegistry()
  const created = await registry.send('POST', '/tokens', {
    token: TOKENS.admin,
    json: { name: 'model', scope: 'read' },
  })
  const { token, id } = (await created.json()) as { token: string; id: string }
  await using session = await connect(registry.url, 'of 2026', token)
  const subscription = await session.client.listen(EVERYTHING)
  await registry.send('DELETE', `/tokens/${id}`, { token: TOKENS.admin })
  expect(await subscription.closed).toBe('graceful')
})

describe('the limits of streams', () => {
  test('hold for subscriptions, which no longer count once they have ended', async () => {
    const { server, url } = await started({ maxStreams: 1 })
    await using _ = server
    await using session = await connect(url)
    const first = await session.client.listen(EVERYTHING)
    await expect(session.client.listen(EVERYTHING)).rejects.toThrow(/503|maximum of 1 streams/)
    await first.close()
    await expect
      .poll(() =>
        session.client.listen(EVERYTHING).then(
          () => 'open',
          () => 'refused',
        ),
      )
      .toBe('open')
  })

  test('count a subscription that was refused no longer', async () => {
    const { server, url } = await started({ maxStreams: 1 })
    await using _ = server
    for (let attempt = 0; attempt < 3; attempt++) {
      const response = await fetch(`${url}/mcp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen' }),
      })
      expect(response.status).toBe(200)
      await response.text()
    }
    await using session = await connect(url)
    await eventually(() =>
      session.client.listen(EVERYTHING).then(
        () => 'open',
        () => 'refused',
      ),
    ).toBe('open')
  })
})

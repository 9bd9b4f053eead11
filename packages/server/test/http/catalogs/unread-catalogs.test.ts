// Catalogs that their clients do not read count against the memory of responses, until their clients leave.
import { connect } from 'node:net'
import { AgentRegistryServer } from '@rollcall/server'
import { expect, test } from 'vitest'

const AGENTS = 500
const CLIENTS = 10
/** Of each client: more than the buffers of its connection hold. */
const REQUESTS = 30

test.each(['/.well-known/ard.json', '/.well-known/ai-catalog.json', '/v0.1/servers?limit=100'])(
  '%s',
  async (path) => {
    const server = new AgentRegistryServer('memory:')
    const url = await server.listen({ port: 0 })
    await using _ = { [Symbol.asyncDispose]: () => server.close() }
    for (let i = 0; i < AGENTS; i++) {
      await server.repository?.add({
        agentId: `agent-${i}`,
        agentName: `Agent ${i}`,
        host: '10.0.0.7',
        port: 8000,
        url: `http://10.0.0.7:8000/${'x'.repeat(1500)}`,
        ttlSeconds: 3600,
        details: { protocol: 'mcp', description: 'x'.repeat(1000) },
      })
    }
    const responseBytes = async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text()
      return Number(/^rollcall_http_response_bytes (\S+)$/m.exec(metrics)?.[1])
    }
    const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`
    const clients = Array.from({ length: CLIENTS }, () => {
      const client = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)
      client.write(request.repeat(REQUESTS))
      return client
    })
    await expect.poll(responseBytes).toBeGreaterThan(0)
    for (const client of clients) client.destroy()
    await expect.poll(responseBytes).toBe(0)
  },
)

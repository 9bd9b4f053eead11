import { expect, test } from 'vitest'
import { AgentRegistryServer } from '../../src/index.ts'

const MESSAGE = { jsonrpc: '2.0', id: 1, method: 'tools/list' }

test('without MCP, nothing is there, and nothing says so', async () => {
  await using server = new AgentRegistryServer('memory:', { mcp: false })
  const app = server.createApp()
  const headers = { origin: 'https://page.example', host: 'localhost' }
  for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS'] as const) {
    const response = await app.inject({ method, url: '/mcp', payload: MESSAGE })
    expect(response.statusCode, method).toBe(404)
    expect(response.json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' })
  }
  expect((await app.inject({ method: 'GET', url: '/mcp', headers })).statusCode).toBe(404)
  const { paths } = (await app.inject('/openapi.json')).json()
  expect(Object.keys(paths)).toContain('/agents')
  expect(Object.keys(paths)).not.toContain('/mcp')
})

test('with it, other methods than POST are not allowed', async () => {
  await using server = new AgentRegistryServer('memory:')
  const app = server.createApp()
  for (const method of ['GET', 'DELETE'] as const) {
    const response = await app.inject({ method, url: '/mcp' })
    expect(response.statusCode).toBe(405)
    expect(response.headers.allow).toBe('POST')
  }
  expect((await app.inject('/openapi.json')).json().paths).toHaveProperty('/mcp')
})

// Messages that no client of MCP sends.
import { LIMITS } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { SERVER_LIMITS } from '../../../packages/server/src/limits/server-limits.ts'
import { useRegistry } from '../support/registry-under-test.ts'

const registry = useRegistry()

const post = (json: unknown, headers: Record<string, string> = {}) =>
  registry.post('/mcp', { json, headers })
const call = async (name: unknown, args?: unknown) => {
  const { status, json } = await post({
    ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
    params: { name, arguments: args },
  })
  expect(status).toBe(200)
  return json as { result?: { isError?: boolean; content: [{ text: string }] }; error?: object }
}
/** A request of 2026. */
const modern = (method: string, params: object) =>
  post(
    {
      ...{ jsonrpc: '2.0', id: 1, method },
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    },
    { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method },
  )

describe('a tool', () => {
  test.each(['nothing', 'constructor', '__proto__x', 'toString', '', 5, null, ['find_agents']])(
    'that does not exist is an error: %j',
    async (name) => {
      const { error, result } = await call(name)
      expect(error ?? result?.isError).toBeTruthy()
    },
  )

  test.each([
    ['find_agents', { limit: 101 }, '/limit must be <= 100'],
    ['find_agents', { limit: 0 }, '/limit must be >= 1'],
    ['find_agents', { capability: Array.from({ length: 65 }, () => 'a') }, '/capability'],
    ['find_agents', { status: 'expired' }, '/status must be one of'],
    ['find_agents', { metadata: { a: { b: 1 } } }, '/metadata/a must be string'],
    ['find_agents', { include_dead: true }, '/include_dead is unknown'],
    ['find_agents', { cursor: 'e30.12345678' }, 'INVALID_CURSOR'],
    ['find_agents', { q: 'a'.repeat(257) }, '/q'],
    ['pick_agent', { limit: 5 }, '/limit is unknown'],
    ['get_agent', {}, '/agent_id is required'],
    ['get_agent', { agent_id: '../../etc/passwd' }, '/agent_id'],
    ['get_agent', { agent_id: 'unknown' }, 'AGENT_NOT_FOUND'],
    ['get_agent_card', { agent_id: 'unknown' }, 'AGENT_NOT_FOUND'],
    ['recent_changes', { since: 'elsewhere:1' }, 'REVISION_GONE'],
    ['recent_changes', { since: '0 or 1=1' }, '/since'],
    ['list_capabilities', { q: 5 }, '/q must be string'],
  ])('%s with %j is an error that says what is wrong', async (name, args, message) => {
    const { result } = await call(name, args)
    expect(result?.isError).toBe(true)
    expect(result?.content[0].text).toContain(message)
  })

  test('says that an agent has no card', async () => {
    const { agent_id: id } = await registry.register()
    const { result } = await call('get_agent_card', { agent_id: id })
    expect(result?.content[0].text).toContain('CARD_NOT_FOUND')
  })
})

describe('a message', () => {
  test('that is too large is refused', async () => {
    const method = 'x'.repeat(LIMITS.mcpMessageBytes)
    const { status, json } = await post({ jsonrpc: '2.0', id: 1, method })
    expect([status, json]).toEqual([413, expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE' })])
  })

  test('in a batch is refused, however many there are', async () => {
    const one = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    for (const batch of [[], [one], Array.from({ length: 500 }, () => one)]) {
      const { status, json } = await post(batch)
      expect([status, json]).toMatchObject([422, { code: 'VALIDATION_FAILED' }])
    }
  })

  test('of a version that nobody speaks is refused', async () => {
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    const { status } = await post(message, { 'mcp-protocol-version': '2099-01-01' })
    expect(status).toBe(400)
  })

  test.each([null, 5, 'text', {}, { jsonrpc: '1.0' }, { jsonrpc: '2.0', id: {}, method: 'ping' }])(
    'that is none of JSON-RPC is refused: %j',
    async (json) => {
      const { status } = await post(json)
      expect(status).toBe(422)
    },
  )

  test('with the key __proto__ is refused', async () => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"__proto__":{"a":1}}}'
    const { status } = await registry.post('/mcp', {
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(status).toBe(400)
  })

  test('nested a thousand times is answered', async () => {
    const depth = 10_000
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"find_agents","arguments":{"metadata":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}}}`
    const { status, json } = await registry.post('/mcp', {
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect([status, json]).toMatchObject([200, { result: { isError: true } }])
  })
})

describe('a subscription', () => {
  test('to more resources than it may name is refused', async () => {
    const { value } = SERVER_LIMITS.mcpResources
    const uris = Array.from({ length: value + 1 }, (_, index) => `rollcall://agents/${index}`)
    const { status, json } = await modern('subscriptions/listen', {
      notifications: { resourceSubscriptions: uris },
    })
    const pointer = '/params/notifications/resourceSubscriptions'
    expect([status, json]).toMatchObject([422, { errors: [{ pointer }] }])
  })

  test.each([undefined, null, 5, { resourceSubscriptions: 'all' }, { resourceSubscriptions: [5] }])(
    'to %j is refused',
    async (notifications) => {
      const { json } = await modern('subscriptions/listen', { notifications })
      expect(json).toMatchObject({ error: { code: -32602 } })
    },
  )
})

test.each([
  'rollcall://agents/',
  'rollcall://agents/a/b/c',
  'rollcall://elsewhere',
  'file:///etc/passwd',
  'http://127.0.0.1/',
  'rollcall://agents/..%2f..%2fhealth',
  'not a uri',
])('%s is no resource', async (uri) => {
  const { json } = await post({ jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri } })
  expect(json).toMatchObject({ error: { code: expect.any(Number) } })
})

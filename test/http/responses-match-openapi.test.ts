import { AgentRegistryServer } from '@rollcall/server'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type OpenApiOperation,
  OpenApiReader,
  pointerTo,
} from '../../packages/server/test/openapi/support/openapi-reader.ts'
import { EventStreamReader } from './support/event-stream-reader.ts'
import { useRegistry } from './support/registry-under-test.ts'
import type { Answer } from './support/response.ts'

// Responses are not generated from the schemas of the document, so they could diverge.

const registry = useRegistry()
let openApi: OpenApiReader
beforeAll(async () => {
  openApi = new OpenApiReader((await registry.get('/openapi.json')).json)
})

function operation(operationId: string): OpenApiOperation {
  const found = openApi.operations.find((each) => each.operationId === operationId)
  if (!found) throw new Error(`the document has no ${operationId}`)
  return found
}

/** Violations of the document in a response: its status, its media type, its body. */
function problems(operationId: string, { status, headers, json, text }: Answer): string[] {
  const { responses, pointer } = operation(operationId)
  const response = responses[status]
  if (!response) return [`${status} is not in the document`]
  const mediaType = String(headers.get('content-type')).split(';', 1)[0] ?? ''
  if (!response.content?.[mediaType]) return [`${mediaType} is not in the document`]
  const schema = pointerTo(pointer, 'responses', `${status}`, 'content', mediaType, 'schema')
  return openApi.problems(schema, mediaType.startsWith('text/') ? text : json)
}

/** Reads a stream until it is synced, then disconnects. */
async function readStream(query: string): Promise<Answer> {
  await using reader = await EventStreamReader.open(registry.baseUrl, query)
  await reader.untilSynced()
  const { status, headers } = reader.response
  return { status, headers, text: reader.received.map(({ type }) => type).join(), json: undefined }
}

const allFields = {
  ttl_seconds: 86_400,
  metadata: { a: [{ b: null }] },
  capabilities: ['search', '👩‍🔬'],
  tags: ['papers'],
  version: '1',
  url: 'x://y',
  status: 'draining',
  load: 0.123,
}
const URN = 'urn:air:rollcall.localhost:agent:'
const search = (json: object) => registry.post('/ard/search', { json })
const mcpServer = async () => (await registry.register({ protocol: 'mcp' })).agent_id
const serverPath = async () => `/v0.1/servers/localhost.rollcall%2F${await mcpServer()}`
const mcp = (message: object) =>
  registry.post('/mcp', { json: { jsonrpc: '2.0', id: 1, ...message } })
const id = (name: string) => registry.newId(name)

/** Ways to call each operation, at least one for each. */
const CALLS: readonly [operationId: string, name: string, call: () => Promise<Answer>][] = [
  ['registerAgent', 'with required fields', () => register({})],
  ['registerAgent', 'with all fields', () => register(allFields)],
  ['registerAgent', 'with metadata as a string', () => register({ metadata: '"text"' })],
  ['registerAgent', 'with a space in its host', () => register({ host: 'a b' })],
  [
    'registerAgent',
    'with invalid inner capabilities',
    () => register({ metadata: { capabilities: ['\t'] } }),
  ],
  ['registerAgent', 'of an expired agent', () => register({ status: 'expired', is_alive: false })],
  ['registerAgent', 'of nothing', () => registry.post('/agents/register', { json: {} })],
  ['registerAgent', 'without a body', () => registry.post('/agents/register')],
  ['registerAgent', 'in plain text', () => registry.post('/agents/register', { body: 'x' })],
  ['heartbeat', 'that is plain', async () => registry.post(`${await agent()}/heartbeat`)],
  [
    'heartbeat',
    'with a report',
    async () => registry.post(`${await agent()}/heartbeat`, { json: { load: 1 } }),
  ],
  ['heartbeat', 'of an unknown agent', () => registry.post(`/agents/${id('unknown')}/heartbeat`)],
  [
    'heartbeats',
    'of known and unknown agents',
    () => registry.post('/agents/heartbeats', { json: { agent_ids: [id('unknown')] } }),
  ],
  ['heartbeats', 'that are invalid', () => registry.post('/agents/heartbeats', { json: {} })],
  ['listAgents', 'of all agents', () => registry.get('/agents?include_dead=true')],
  ['listAgents', 'with an invalid query', () => registry.get('/agents?include_dead=maybe')],
  ['listAgents', 'of few', async () => registry.get(`/agents?q=${await known()}&limit=1`)],
  ['listAgents', 'by load', () => registry.get('/agents?sort=-load&include_dead=true')],
  ['listAgents', 'with an invalid cursor', () => registry.get('/agents?cursor=x')],
  ['listEvents', 'as a page', async () => registry.get(`/events?q=${await known()}`)],
  ['listEvents', 'with an invalid query', () => registry.get('/events?since=x')],
  ['listEvents', 'of another epoch', () => registry.get('/events?since=other:1')],
  ['listEvents', 'as a stream', () => readStream('')],
  ['listEvents', 'as a stream with a snapshot', () => readStream('snapshot=true')],
  ['listEvents', 'as a stream that cannot resume', () => readStream('since=other:1')],
  ['agentEvents', 'of an agent', async () => registry.get(`${await agent()}/events`)],
  ['agentEvents', 'of an unknown agent', () => registry.get(`/agents/${id('unknown')}/events`)],
  ['agentEvents', 'with an invalid query', () => registry.get('/agents/a/events?before=0')],
  [
    'listCapabilities',
    'of known agents',
    async () => {
      await known()
      return registry.get('/capabilities?limit=1')
    },
  ],
  ['listCapabilities', 'with an invalid query', () => registry.get('/capabilities?limit=0')],
  ['prometheusTargets', 'of all agents', () => registry.get('/sd/prometheus?include_dead=true')],
  ['prometheusTargets', 'with an invalid query', () => registry.get('/sd/prometheus?limit=1')],
  [
    'mcp',
    'with a call of a tool',
    () => mcp({ method: 'tools/call', params: { name: 'find_agents' } }),
  ],
  ['mcp', 'with an unknown method', () => mcp({ method: 'nothing' })],
  ['mcp', 'with an invalid message', () => mcp({ method: 5 })],
  ['mcpServerCard', '', () => registry.get('/mcp/server-card')],
  ['ardManifest', '', () => registry.get('/.well-known/ard.json')],
  ['ardManifest', 'with an invalid cursor', () => registry.get('/.well-known/ard.json?cursor=x')],
  ['aiCatalog', '', () => registry.get('/.well-known/ai-catalog.json')],
  ['ardSearch', 'for a word', () => search({ query: { text: 'weather' } })],
  ['ardSearch', 'for nothing', () => search({ query: {} })],
  ['ardEntries', 'of all agents', () => registry.get('/ard/agents')],
  ['ardEntries', 'with an invalid filter', () => registry.get('/ard/agents?filter=x')],
  ['ardEntry', 'of an agent', async () => registry.get(`/ard/agents/${URN}${await known()}`)],
  ['ardEntry', 'of an unknown agent', () => registry.get(`/ard/agents/${URN}unknown`)],
  ['ardEntry', 'of an invalid identifier', () => registry.get('/ard/agents/unknown')],
  ['ardEntry', 'of a broken address', () => registry.get('/ard/agents/%zz')],
  ['mcpServers', '', async () => registry.get(`/v0.1/servers?search=${await mcpServer()}`)],
  ['mcpServers', 'with an invalid time', () => registry.get('/v0.1/servers?updated_since=x')],
  ['mcpServerVersions', '', async () => registry.get(`${await serverPath()}/versions`)],
  ['mcpServerVersions', 'of an unknown server', () => registry.get('/v0.1/servers/x/versions')],
  ['mcpServerVersion', '', async () => registry.get(`${await serverPath()}/versions/latest`)],
  [
    'mcpServerVersion',
    'that is unknown',
    async () => registry.get(`${await serverPath()}/versions/9`),
  ],
  ['agentServerCard', '', async () => registry.get(`/agents/${await mcpServer()}/server-card`)],
  ['agentServerCard', 'of another agent', async () => registry.get(`${await agent()}/server-card`)],
  ['getAgent', 'of an agent', async () => registry.get(await agent())],
  ['getAgent', 'of an unknown agent', () => registry.get(`/agents/${id('unknown')}`)],
  ['getAgent', 'of an invalid id', () => registry.get('/agents/a%20b')],
  ['getAgent', 'of a broken address', () => registry.get('/agents/%zz')],
  ['getAgent', 'of a much too long id', () => registry.get(`/agents/${'x'.repeat(2000)}`)],
  ['setCard', 'of an agent', async () => putCard(await agent())],
  ['setCard', 'that no client could read', async () => putCard(await agent(), { url: 'x://y' })],
  ['getCard', 'of an agent', async () => registry.get(`${await withCard()}/card`)],
  ['getCard', 'of an agent without one', async () => registry.get(`${await agent()}/card`)],
  [
    'getWellKnownCard',
    'of an agent',
    async () => registry.get(`${await withCard()}/.well-known/agent-card.json`),
  ],
  ['verifyCard', 'of an agent', async () => registry.get(`${await withCard()}/card/signatures`)],
  ['verifyCard', 'without one', async () => registry.get(`${await agent()}/card/signatures`)],
  ['removeCard', 'of an agent', async () => registry.delete(`${await withCard()}/card`)],
  ['deregisterAgent', 'of an agent', async () => registry.delete(await agent())],
  ['deregisterAgent', 'of an unknown agent', () => registry.delete(`/agents/${id('unknown')}`)],
  [
    'setMaintenance',
    'of an agent',
    async () => registry.request('PUT', `${await agent()}/maintenance`, UPGRADE),
  ],
  [
    'setMaintenance',
    'of nothing',
    () => registry.request('PUT', `/agents/${id('m')}/maintenance`, { json: {} }),
  ],
  ['getAgent', 'in maintenance', async () => registry.get(await maintained())],
  [
    'endMaintenance',
    'of an agent',
    async () => registry.delete(`${await maintained()}/maintenance`),
  ],
  ['endMaintenance', 'of an invalid pattern', () => registry.delete('/agents/*a/maintenance')],
  [
    'listMaintenance',
    '',
    async () => {
      await maintained()
      return registry.get('/maintenance')
    },
  ],
  ['createToken', 'in a registry of its own', () => firstToken({ name: 'a', scope: 'admin' })],
  ['createToken', 'that is invalid', () => firstToken({ name: 'a', scope: 'agent' })],
  ['listTokens', '', () => registry.get('/tokens')],
  ['revokeToken', 'of an unknown token', () => registry.delete('/tokens/0123456789ab')],
  ['revokeToken', 'of an invalid id', () => registry.delete('/tokens/x')],
  ['whoami', '', () => registry.get('/whoami')],
  ['createWebhook', 'that is disabled', () => registry.post('/webhooks', { json: WEBHOOK })],
  ['createWebhook', 'that is invalid', () => registry.post('/webhooks', { json: { url: 'x' } })],
  [
    'listWebhooks',
    '',
    async () => {
      await webhook()
      return registry.get('/webhooks')
    },
  ],
  ['getWebhook', 'of a webhook', async () => registry.get(await webhook())],
  ['getWebhook', 'of an unknown one', () => registry.get('/webhooks/0123456789ab')],
  [
    'changeWebhook',
    'of a webhook',
    async () => registry.request('PATCH', await webhook(), { json: { filter: {} } }),
  ],
  [
    'changeWebhook',
    'by nothing',
    async () => registry.request('PATCH', await webhook(), { json: {} }),
  ],
  ['testWebhook', 'to a refused address', async () => registry.post(`${await webhook()}/test`)],
  ['deleteWebhook', 'of a webhook', async () => registry.delete(await webhook())],
  ['cleanUp', '', () => registry.post('/agents/cleanup')],
  ['describeRegistry', '', () => registry.get('/')],
  ['health', '', () => registry.get('/health')],
  ['healthLive', '', () => registry.get('/health/live')],
  ['healthReady', '', () => registry.get('/health/ready')],
  ['metrics', '', () => registry.get('/metrics')],
  ['openApiDocument', '', () => registry.get('/openapi.json')],
]

const register = (fields: object) =>
  registry.post('/agents/register', { json: registry.registration({ ...fields }) })
const known = async () => (await registry.register(allFields)).agent_id
const CARD = { name: 'Researcher', url: 'http://10.0.0.7:8000' }
const putCard = (path: string, json: object = CARD) =>
  registry.request('PUT', `${path}/card`, { json })
const withCard = async () => {
  const path = await agent()
  await putCard(path)
  return path
}
/** Its name is not resolved, so nothing is sent. */
const WEBHOOK = { url: 'https://hooks.invalid/', filter: { status: ['ready'] }, enabled: false }
const webhook = async () => {
  const { json } = await registry.post('/webhooks', { json: WEBHOOK })
  return `/webhooks/${(json as { id: string }).id}`
}
const UPGRADE = { json: { reason: 'upgrade', by: 'ann' } }
const maintained = async () => {
  const path = await agent()
  await registry.request('PUT', `${path}/maintenance`, UPGRADE)
  return path
}
/** Creates a token where it does not begin access control for the other tests. */
async function firstToken(json: object): Promise<Answer> {
  await using server = new AgentRegistryServer('memory:')
  const url = `${await server.listen({ port: 0 })}/tokens`
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(json) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
}
const agent = async () => `/agents/${await known()}`

describe('the response to', () => {
  test.each(CALLS)('%s %s matches the document', async (operationId, _name, call) => {
    expect(problems(operationId, await call())).toEqual([])
  })
})

test('every operation of the document is covered', () => {
  const covered = new Set(CALLS.map(([operationId]) => operationId))
  const ids = openApi.operations.map(({ operationId }) => operationId)
  expect(ids.filter((each) => !covered.has(each))).toEqual([])
})

describe('the events of a stream', () => {
  test('match the document', async () => {
    const agentId = await known()
    await using reader = await EventStreamReader.open(registry.baseUrl, 'since=other:1')
    await reader.untilSynced()
    await registry.delete(`/agents/${agentId}`)
    await reader.until({ agentId, type: 'deregistered' })
    const schemas: Record<string, string> = { snapshot: 'SnapshotEvent' }
    for (const type of ['reset', 'synced', 'bookmark']) schemas[type] = 'StreamEvent'
    for (const { id: _, ...event } of reader.received) {
      const schema = schemas[event.type] ?? 'AgentEvent'
      expect(openApi.problems(`/components/schemas/${schema}`, event)).toEqual([])
    }
  })
})

import { beforeAll, describe, expect, test } from 'vitest'
import {
  type OpenApiOperation,
  OpenApiReader,
  pointerTo,
} from '../../packages/server/test/openapi/support/openapi-reader.ts'
import { EventStreamReader } from './support/event-stream-reader.ts'
import { useRegistry } from './support/registry-under-test.ts'
import type { Answer } from './support/response.ts'

// The schemas of the document are not used to write answers, so they may drift apart.

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

/** What the document has against an answer: its status, its media type, its body. */
function problems(operationId: string, { status, headers, json, text }: Answer): string[] {
  const { responses, pointer } = operation(operationId)
  const response = responses[status]
  if (!response) return [`${status} is not in the document`]
  const mediaType = String(headers.get('content-type')).split(';', 1)[0] ?? ''
  if (!response.content?.[mediaType]) return [`${mediaType} is not in the document`]
  const schema = pointerTo(pointer, 'responses', `${status}`, 'content', mediaType, 'schema')
  return openApi.problems(schema, mediaType.startsWith('text/') ? text : json)
}

/** What a stream says in the first place; whoever asked for it hangs up then. */
async function streamed(query: string): Promise<Answer> {
  await using reader = await EventStreamReader.open(registry.baseUrl, query)
  await reader.untilSynced()
  const { status, headers } = reader.response
  return { status, headers, text: reader.received.map(({ type }) => type).join(), json: undefined }
}

const everything = {
  ttl_seconds: 86_400,
  metadata: { a: [{ b: null }] },
  capabilities: ['search', '👩‍🔬'],
  version: '1',
  url: 'x://y',
  status: 'draining',
  load: 0.123,
}
const id = (name: string) => registry.newId(name)

/** Ways to reach each call, at least one for each. */
const CALLS: readonly [operationId: string, name: string, call: () => Promise<Answer>][] = [
  ['registerAgent', 'of little', () => register({})],
  ['registerAgent', 'of everything', () => register(everything)],
  ['registerAgent', 'with metadata as a string', () => register({ metadata: '"text"' })],
  ['registerAgent', 'of a host with a blank', () => register({ host: 'a b' })],
  [
    'registerAgent',
    'with odd inner capabilities',
    () => register({ metadata: { capabilities: ['\t'] } }),
  ],
  ['registerAgent', 'of a dead agent', () => register({ status: 'expired', is_alive: false })],
  ['registerAgent', 'of nothing', () => registry.post('/agents/register', { json: {} })],
  ['registerAgent', 'without a body', () => registry.post('/agents/register')],
  ['registerAgent', 'in plain text', () => registry.post('/agents/register', { body: 'x' })],
  ['heartbeat', 'that is plain', async () => registry.post(`${await agent()}/heartbeat`)],
  [
    'heartbeat',
    'with a report',
    async () => registry.post(`${await agent()}/heartbeat`, { json: { load: 1 } }),
  ],
  ['heartbeat', 'of nobody', () => registry.post(`/agents/${id('nobody')}/heartbeat`)],
  [
    'heartbeats',
    'of known and unknown',
    () => registry.post('/agents/heartbeats', { json: { agent_ids: [id('nobody')] } }),
  ],
  ['heartbeats', 'that are wrong', () => registry.post('/agents/heartbeats', { json: {} })],
  ['listAgents', 'of everybody', () => registry.get('/agents?include_dead=true')],
  ['listAgents', 'with a wrong query', () => registry.get('/agents?include_dead=maybe')],
  ['listAgents', 'of few', async () => registry.get(`/agents?q=${await known()}&limit=1`)],
  ['listAgents', 'by load', () => registry.get('/agents?sort=-load&include_dead=true')],
  ['listAgents', 'with a wrong cursor', () => registry.get('/agents?cursor=x')],
  ['listEvents', 'as a page', async () => registry.get(`/events?q=${await known()}`)],
  ['listEvents', 'with a wrong query', () => registry.get('/events?since=x')],
  ['listEvents', 'of another history', () => registry.get('/events?since=other:1')],
  ['listEvents', 'as a stream', () => streamed('')],
  ['listEvents', 'as a stream with a snapshot', () => streamed('snapshot=true')],
  ['listEvents', 'as a stream that cannot go on', () => streamed('since=other:1')],
  ['agentEvents', 'of an agent', async () => registry.get(`${await agent()}/events`)],
  ['agentEvents', 'of nobody', () => registry.get(`/agents/${id('nobody')}/events`)],
  ['agentEvents', 'with a wrong query', () => registry.get('/agents/a/events?before=0')],
  ['prometheusTargets', 'of everybody', () => registry.get('/sd/prometheus?include_dead=true')],
  ['prometheusTargets', 'with a wrong query', () => registry.get('/sd/prometheus?limit=1')],
  ['getAgent', 'of an agent', async () => registry.get(await agent())],
  ['getAgent', 'of nobody', () => registry.get(`/agents/${id('nobody')}`)],
  ['getAgent', 'of a wrong id', () => registry.get('/agents/a%20b')],
  ['getAgent', 'of a broken address', () => registry.get('/agents/%zz')],
  ['getAgent', 'of a much too long id', () => registry.get(`/agents/${'x'.repeat(2000)}`)],
  ['deregisterAgent', 'of an agent', async () => registry.delete(await agent())],
  ['deregisterAgent', 'of nobody', () => registry.delete(`/agents/${id('nobody')}`)],
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
const known = async () => (await registry.register(everything)).agent_id
const agent = async () => `/agents/${await known()}`

describe('the answer to', () => {
  test.each(CALLS)('%s %s is as the document says', async (operationId, _name, call) => {
    expect(problems(operationId, await call())).toEqual([])
  })
})

test('no call of the document is left out here', () => {
  const covered = new Set(CALLS.map(([operationId]) => operationId))
  const ids = openApi.operations.map(({ operationId }) => operationId)
  expect(ids.filter((each) => !covered.has(each))).toEqual([])
})

describe('the events of a stream', () => {
  test('are as the document says', async () => {
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

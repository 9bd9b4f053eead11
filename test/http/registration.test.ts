import { AGENT_DETAILS } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'
import { AGENT_FIELDS, agentIn, objectIn, TIMESTAMP } from './support/response.ts'

const registry = useRegistry()

const DETAILS = Object.fromEntries(
  AGENT_DETAILS.map(({ wireName, example }) => [wireName, example]),
)

test('a registration returns every field of the agent', async () => {
  const agent_id = registry.newId()
  const response = await registry.post('/agents/register', {
    json: {
      agent_id,
      agent_name: 'Researcher',
      host: '10.0.0.7',
      port: 8000,
      ttl_seconds: 30,
      metadata: { region: 'eu-1' },
      capabilities: ['search', 'summarize'],
      version: '1.2.3',
      ...DETAILS,
      url: 'https://researcher.example/a2a',
      status: 'busy',
      load: 0.25,
      instance_id: 'first',
    },
  })
  expect(objectIn(response)).toEqual({
    agent_id,
    agent_name: 'Researcher',
    host: '10.0.0.7',
    port: 8000,
    url: 'https://researcher.example/a2a',
    version: '1.2.3',
    ...DETAILS,
    ttl_seconds: 30,
    metadata: { region: 'eu-1' },
    capabilities: ['search', 'summarize'],
    status: 'busy',
    load: 0.25,
    instance_id: 'first',
    incarnation: 1,
    registered_at: expect.stringMatching(TIMESTAMP),
    last_heartbeat: expect.stringMatching(TIMESTAMP),
    expires_at: expect.stringMatching(TIMESTAMP),
    is_alive: true,
    revision: expect.any(Number),
    heartbeat_interval_seconds: 10,
  })
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
})

test('omitted fields get their defaults, and the response has exactly the required fields', async () => {
  const response = await registry.post('/agents/register', { json: registry.registration() })
  expect(Object.keys(objectIn(response))).toEqual([...AGENT_FIELDS, 'heartbeat_interval_seconds'])
  expect(objectIn(response)).toMatchObject({
    ttl_seconds: 60,
    heartbeat_interval_seconds: 20,
    metadata: null,
    capabilities: [],
    version: null,
    url: 'http://10.0.0.7:8000',
    status: 'ready',
    load: null,
    is_alive: true,
  })
})

test('null is the same as omitting an optional field', async () => {
  const nothing = { metadata: null, capabilities: null, version: null, url: null, load: null }
  const agent = await registry.register(nothing)
  expect(agent).toMatchObject({
    metadata: null,
    capabilities: [],
    version: null,
    url: 'http://10.0.0.7:8000',
    load: null,
  })
})

test('the URL of an agent on IPv6 has brackets', async () => {
  expect(await registry.register({ host: '::1' })).toMatchObject({ url: 'http://[::1]:8000' })
})

test('the lease ends exactly one TTL after the last heartbeat', async () => {
  const { last_heartbeat, expires_at } = await registry.register({ ttl_seconds: 86_400 })
  expect(Date.parse(expires_at) - Date.parse(last_heartbeat)).toBe(86_400_000)
})

test('a registration counts as the first heartbeat', async () => {
  // Many, because a difference of one millisecond is rare.
  const agents = await Promise.all(Array.from({ length: 200 }, () => registry.register()))
  const different = agents.filter((agent) => agent.registered_at !== agent.last_heartbeat)
  expect(
    different.map(({ registered_at, last_heartbeat }) => ({ registered_at, last_heartbeat })),
  ).toEqual([])
})

test('the clock of the registry is the clock of this machine, in UTC', async () => {
  const before = Date.now()
  const { last_heartbeat } = await registry.register()
  const at = Date.parse(last_heartbeat)
  // A wall clock shown by the registry may be up to 100 ms behind after a step, but not seconds.
  expect(at).toBeGreaterThan(before - 1000)
  expect(at).toBeLessThan(Date.now() + 1000)
})

test('text in every script is kept', async () => {
  const agent_name = 'Forscherin Ø 研究者 باحث 👩‍🔬 "quoted" \\ / \u2028 \u200f'
  const { agent_id } = await registry.register({ agent_name, metadata: { agent_name } })
  const agent = agentIn(await registry.get(`/agents/${agent_id}`))
  expect(agent).toMatchObject({ agent_name, metadata: { agent_name } })
})

import { expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'
import { AGENT_FIELDS, agentIn, objectIn, TIMESTAMP } from './support/response.ts'

const registry = useRegistry()

test('a registration is answered with the agent, every field of it', async () => {
  const agent_id = registry.newId()
  const answer = await registry.post('/agents/register', {
    json: {
      agent_id,
      agent_name: 'Researcher',
      host: '10.0.0.7',
      port: 8000,
      ttl_seconds: 30,
      metadata: { region: 'eu-1' },
      capabilities: ['search', 'summarize'],
      version: '1.2.3',
      url: 'https://researcher.example/a2a',
      status: 'busy',
      load: 0.25,
    },
  })
  expect(objectIn(answer)).toEqual({
    agent_id,
    agent_name: 'Researcher',
    host: '10.0.0.7',
    port: 8000,
    url: 'https://researcher.example/a2a',
    version: '1.2.3',
    ttl_seconds: 30,
    metadata: { region: 'eu-1' },
    capabilities: ['search', 'summarize'],
    status: 'busy',
    load: 0.25,
    registered_at: expect.stringMatching(TIMESTAMP),
    last_heartbeat: expect.stringMatching(TIMESTAMP),
    expires_at: expect.stringMatching(TIMESTAMP),
    is_alive: true,
    revision: expect.any(Number),
    heartbeat_interval_seconds: 10,
  })
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
})

test('what is left out gets its default, and no field is ever missing', async () => {
  const answer = await registry.post('/agents/register', { json: registry.registration() })
  expect(Object.keys(objectIn(answer))).toEqual([...AGENT_FIELDS, 'heartbeat_interval_seconds'])
  expect(objectIn(answer)).toMatchObject({
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

test('optional fields may be null, which is the same as leaving them out', async () => {
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

test('the address of an agent on IPv6 has brackets', async () => {
  expect(await registry.register({ host: '::1' })).toMatchObject({ url: 'http://[::1]:8000' })
})

test('the lease ends exactly one TTL after the sign of life', async () => {
  const { last_heartbeat, expires_at } = await registry.register({ ttl_seconds: 86_400 })
  expect(Date.parse(expires_at) - Date.parse(last_heartbeat)).toBe(86_400_000)
})

test('a new agent gave its first sign of life when it registered', async () => {
  // Many, because a difference of one millisecond shows only now and then.
  const agents = await Promise.all(Array.from({ length: 200 }, () => registry.register()))
  const odd = agents.filter((agent) => agent.registered_at !== agent.last_heartbeat)
  expect(
    odd.map(({ registered_at, last_heartbeat }) => ({ registered_at, last_heartbeat })),
  ).toEqual([])
})

test('the clock of the registry is the clock of this machine, in UTC', async () => {
  const before = Date.now()
  const { last_heartbeat } = await registry.register()
  const at = Date.parse(last_heartbeat)
  // The registry may show a wall clock that is up to 100 ms behind a step; seconds would be wrong.
  expect(at).toBeGreaterThan(before - 1000)
  expect(at).toBeLessThan(Date.now() + 1000)
})

test('every language and every sign survives', async () => {
  const agent_name = 'Forscherin Ø 研究者 باحث 👩‍🔬 "quoted" \\ / \u2028 \u200f'
  const { agent_id } = await registry.register({ agent_name, metadata: { agent_name } })
  const agent = agentIn(await registry.get(`/agents/${agent_id}`))
  expect(agent).toMatchObject({ agent_name, metadata: { agent_name } })
})

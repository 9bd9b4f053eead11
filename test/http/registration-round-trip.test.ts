import { describe, expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()

/** Registrations that are easy to give back in a form that would be refused. */
const REGISTRATIONS: Readonly<Record<string, Record<string, unknown>>> = {
  'with nothing but what is required': {},
  'with everything': {
    ttl_seconds: 30,
    metadata: { region: 'eu-1', capabilities: ['inner'] },
    capabilities: ['search'],
    version: '1',
    url: 'grpc://researcher.example:50051',
    status: 'draining',
    load: 1,
  },
  'with metadata as a string': { metadata: '{"a": [1, 2]}' },
  'with a host name that has a blank in it': { host: 'not a host' },
  'with a host of the longest kind': { host: 'h'.repeat(256) },
  'on IPv6': { host: '2001:db8::1' },
  'with capabilities in the metadata': { metadata: { capabilities: ['search'] } },
  'with control characters in metadata.capabilities': {
    metadata: { capabilities: ['tab\tbed', 'nul\u0000'] },
  },
}

describe.each(Object.entries(REGISTRATIONS))('an agent %s', (_name, fields) => {
  // What the registry will not take back it must not take in the first place.
  test('is refused, or can be posted back exactly as it was read', async () => {
    const json = registry.registration(fields)
    const path = `/agents/${json.agent_id}`
    const answer = await registry.post('/agents/register', { json })
    if (answer.status === 422) return
    const posted = objectIn(answer)

    const read = agentIn(await registry.get(path))
    const again = await registry.post('/agents/register', { json: read })
    expect(again.status, again.text).toBe(200)
    expect(agentIn(again).revision, 'nothing visible changed').toBe(read.revision)

    const ownAnswer = await registry.post('/agents/register', { json: posted })
    expect(ownAnswer.status, ownAnswer.text).toBe(200)
    expect(agentIn(ownAnswer).revision).toBe(read.revision)
  })
})

test('read-only fields are ignored, whatever they say', async () => {
  const agent = await registry.register({
    registered_at: '1999-01-01T00:00:00.000Z',
    last_heartbeat: 42,
    expires_at: null,
    is_alive: false,
    revision: -7,
    heartbeat_interval_seconds: ['x'],
  })
  expect(agent.is_alive).toBe(true)
  expect(agent.registered_at.startsWith('1999')).toBe(false)
  expect(agent.revision).toBeGreaterThan(0)
})

test('an agent of a list can be posted back as well', async () => {
  const { agent_id } = await registry.register({ metadata: { a: 1 } })
  const listed = agentsIn(await registry.get('/agents')).find((a) => a.agent_id === agent_id)
  expect((await registry.post('/agents/register', { json: listed })).status).toBe(200)
})

import { describe, expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()

/** Registrations that could easily be returned in a form that would be rejected. */
const REGISTRATIONS: Readonly<Record<string, Record<string, unknown>>> = {
  'with only required fields': {},
  'with all fields': {
    ttl_seconds: 30,
    metadata: { region: 'eu-1', capabilities: ['inner'] },
    capabilities: ['search'],
    version: '1',
    url: 'grpc://researcher.example:50051',
    status: 'draining',
    load: 1,
  },
  'with metadata as a string': { metadata: '{"a": [1, 2]}' },
  'with a space in its host': { host: 'not a host' },
  'with a host of maximum length': { host: 'h'.repeat(256) },
  'with an IPv6 host': { host: '2001:db8::1' },
  'with capabilities in the metadata': { metadata: { capabilities: ['search'] } },
  'with control characters in metadata.capabilities': {
    metadata: { capabilities: ['tab\tbed', 'nul\u0000'] },
  },
}

describe.each(Object.entries(REGISTRATIONS))('an agent %s', (_name, fields) => {
  // The registry must not accept what it would later reject.
  test('is rejected, or can be posted back exactly as read', async () => {
    const json = registry.registration(fields)
    const path = `/agents/${json.agent_id}`
    const response = await registry.post('/agents/register', { json })
    if (response.status === 422) return
    const posted = objectIn(response)

    const read = agentIn(await registry.get(path))
    const again = await registry.post('/agents/register', { json: read })
    expect(again.status, again.text).toBe(200)
    expect(agentIn(again).revision, 'nothing visible changed').toBe(read.revision)

    const ownAnswer = await registry.post('/agents/register', { json: posted })
    expect(ownAnswer.status, ownAnswer.text).toBe(200)
    expect(agentIn(ownAnswer).revision).toBe(read.revision)
  })
})

test('read-only fields are ignored, whatever their values', async () => {
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

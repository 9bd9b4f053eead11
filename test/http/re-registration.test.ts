import { expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn } from './support/response.ts'

const registry = useRegistry()

test('an identical registration changes nothing visible', async () => {
  const first = await registry.register({ version: '1', load: 0.5 })
  const again = await registry.register({ agent_id: first.agent_id, version: '1', load: 0.5 })
  expect(again).toEqual({
    ...first,
    last_heartbeat: again.last_heartbeat,
    expires_at: again.expires_at,
  })
})

test('registering again renews the lease and keeps the first registered_at', async () => {
  const first = await registry.register()
  await new Promise((resolve) => setTimeout(resolve, 20))
  const again = await registry.register({ agent_id: first.agent_id, agent_name: 'Renamed' })
  expect(again.registered_at).toBe(first.registered_at)
  expect(again.last_heartbeat > first.last_heartbeat).toBe(true)
  expect(again.expires_at > first.expires_at).toBe(true)
})

test('registering again replaces the previous values', async () => {
  const { agent_id, revision } = await registry.register({
    metadata: { region: 'eu-1' },
    capabilities: ['search'],
    version: '1',
    ttl_seconds: 30,
    url: 'https://old.example/',
  })
  const again = await registry.register({ agent_id, host: '10.0.0.8', port: 9001 })
  expect(again).toMatchObject({
    host: '10.0.0.8',
    port: 9001,
    url: 'http://10.0.0.8:9001',
    metadata: null,
    capabilities: [],
    version: null,
    ttl_seconds: 60,
  })
  expect(again.revision).toBeGreaterThan(revision)
  expect(agentIn(await registry.get(`/agents/${agent_id}`))).toMatchObject({ host: '10.0.0.8' })
})

test('status and load are unchanged if a registration omits them', async () => {
  const { agent_id } = await registry.register({ status: 'draining', load: 0.75 })
  expect(await registry.register({ agent_id })).toMatchObject({ status: 'draining', load: 0.75 })
})

test('identical concurrent registrations create one agent', async () => {
  const agent_id = registry.newId()
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => registry.register({ agent_id })),
  )
  expect(new Set(responses.map(({ registered_at }) => registered_at)).size).toBe(1)
  expect(new Set(responses.map(({ revision }) => revision)).size).toBe(1)
})

import { expect, test } from 'vitest'
import { eventually } from './support/eventually.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

test('a cleanup removes only expired agents', async () => {
  const lapsed = await registry.register({ ttl_seconds: 1 })
  const alive = await registry.register()
  const read = async () => (await registry.get(`/agents/${lapsed.agent_id}`)).json
  await eventually(read).toMatchObject({ is_alive: false })
  const response = await registry.post('/agents/cleanup')
  expect(response.status).toBe(200)
  expect((response.json as { removed: number }).removed).toBeGreaterThanOrEqual(1)
  expect((await registry.get(`/agents/${lapsed.agent_id}`)).status).toBe(404)
  expect((await registry.get(`/agents/${alive.agent_id}`)).status).toBe(200)
  const history = await registry.get(`/agents/${lapsed.agent_id}/events`)
  expect((history.json as { type: string }[]).map(({ type }) => type)).toEqual([
    'registered',
    'expired',
    'removed',
  ])
})

test('cleanup is a valid agent id', async () => {
  await registry.register({ agent_id: 'cleanup' })
  expect((await registry.get('/agents/cleanup')).status).toBe(200)
  expect((await registry.post('/agents/cleanup/heartbeat')).status).toBe(200)
  expect((await registry.delete('/agents/cleanup')).status).toBe(200)
})

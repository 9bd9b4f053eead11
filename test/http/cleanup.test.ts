import { expect, test } from 'vitest'
import { eventually } from './support/eventually.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

test('a cleanup removes the expired and nobody else', async () => {
  const dead = await registry.register({ ttl_seconds: 1 })
  const alive = await registry.register()
  const read = async () => (await registry.get(`/agents/${dead.agent_id}`)).json
  await eventually(read).toMatchObject({ is_alive: false })
  const answer = await registry.post('/agents/cleanup')
  expect(answer.status).toBe(200)
  expect((answer.json as { removed: number }).removed).toBeGreaterThanOrEqual(1)
  expect((await registry.get(`/agents/${dead.agent_id}`)).status).toBe(404)
  expect((await registry.get(`/agents/${alive.agent_id}`)).status).toBe(200)
  const history = await registry.get(`/agents/${dead.agent_id}/events`)
  expect((history.json as { type: string }[]).map(({ type }) => type)).toEqual([
    'registered',
    'expired',
    'removed',
  ])
})

test('an agent may be called cleanup all the same', async () => {
  await registry.register({ agent_id: 'cleanup' })
  expect((await registry.get('/agents/cleanup')).status).toBe(200)
  expect((await registry.post('/agents/cleanup/heartbeat')).status).toBe(200)
  expect((await registry.delete('/agents/cleanup')).status).toBe(200)
})

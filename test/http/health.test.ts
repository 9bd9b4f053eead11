import { describe, expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'
import { objectIn } from './support/response.ts'

const registry = useRegistry()

describe('/health', () => {
  test('reports how many agents are registered and how many are alive', async () => {
    const before = objectIn(await registry.get('/health'))
    expect(before).toEqual({
      status: 'healthy',
      registered_agents: expect.any(Number),
      active_agents: expect.any(Number),
      expiry_brake: null,
      overload: null,
      flapping_agents: 0,
      access: 'open',
      revision: expect.any(Number),
      epoch: expect.stringMatching(/./),
      branch: expect.stringMatching(/./),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptime_seconds: expect.any(Number),
    })
    const agents = await Promise.all([registry.register(), registry.register()])
    const after = objectIn(await registry.get('/health'))
    expect(after).toMatchObject({
      registered_agents: Number(before.registered_agents) + 2,
      active_agents: Number(before.active_agents) + 2,
      revision: Number(before.revision) + 2,
      epoch: before.epoch,
      branch: before.branch,
    })
    for (const { agent_id } of agents) await registry.delete(`/agents/${agent_id}`)
    expect(objectIn(await registry.get('/health'))).toMatchObject({
      registered_agents: before.registered_agents,
      active_agents: before.active_agents,
    })
  })

  test('has a revision that heartbeats do not change', async () => {
    const { agent_id } = await registry.register()
    const { revision } = objectIn(await registry.get('/health'))
    await registry.post(`/agents/${agent_id}/heartbeat`, { json: { load: 1 } })
    expect(objectIn(await registry.get('/health')).revision).toBe(revision)
  })

  test('is not cached by anything that honours its headers', async () => {
    expect((await registry.get('/health')).headers.get('etag')).toBeNull()
  })
})

describe('the probes', () => {
  test('/health/live reports that the process is up', async () => {
    expect(objectIn(await registry.get('/health/live'))).toEqual({
      status: 'ok',
      checks: expect.any(Object),
    })
  })

  test('/health/ready reports which checks passed', async () => {
    const { checks } = objectIn(await registry.get('/health/ready'))
    expect(checks).toMatchObject({ storage: 'ok' })
  })
})

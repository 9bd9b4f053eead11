import type { Agent } from '@rollcall/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()

/** Agents whose leases, of minimum duration, have lapsed; one for each test that changes one. */
let unchanged: Agent
let beating: Agent
let inBatch: Agent
let registering: Agent
let leaving: Agent
let postedBack: Agent

beforeAll(async () => {
  ;[unchanged, beating, inBatch, registering, leaving, postedBack] = await Promise.all([
    lapsed({ metadata: { kept: true } }),
    lapsed({ status: 'busy' }),
    lapsed(),
    lapsed(),
    lapsed(),
    lapsed({ status: 'draining', load: 0.5, metadata: { n: 1 } }),
  ])
})

/** Registers an agent and waits until its lease has lapsed. */
async function lapsed(fields: Record<string, unknown> = {}): Promise<Agent> {
  const { agent_id } = await registry.register({ ttl_seconds: 1, ...fields })
  for (;;) {
    const agent = agentIn(await registry.get(`/agents/${agent_id}`))
    if (!agent.is_alive) return agent
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const idsIn = async (path: string) =>
  agentsIn(await registry.get(path)).map(({ agent_id }) => agent_id)

describe('an agent whose lease has lapsed', () => {
  test('can still be read, as expired, and does not lapse early', () => {
    expect(unchanged).toMatchObject({
      is_alive: false,
      status: 'expired',
      metadata: { kept: true },
    })
    // Times shown by the registry may differ by up to 100 ms after a step of the wall clock.
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(unchanged.expires_at) - 100)
  })

  test('is listed only with include_dead', async () => {
    expect(await idsIn('/agents')).not.toContain(unchanged.agent_id)
    expect(await idsIn('/agents?include_dead=false')).not.toContain(unchanged.agent_id)
    expect(await idsIn('/agents?include_dead=true')).toContain(unchanged.agent_id)
  })

  test('counts as registered, but not as active', async () => {
    const health = objectIn(await registry.get('/health'))
    expect(health.registered_agents).toBeGreaterThan(Number(health.active_agents))
  })

  test('gets a new revision when its expiry is recorded', async () => {
    const { agent_id, revision } = await registry.register({ ttl_seconds: 1 })
    const now = async () => agentIn(await registry.get(`/agents/${agent_id}`)).revision
    await expect.poll(now).toBeGreaterThan(revision)
  })
})

describe('a lapsed agent', () => {
  test('is revived by a plain heartbeat, with its former status', async () => {
    const { agent_id, revision } = beating
    const receipt = objectIn(await registry.post(`/agents/${agent_id}/heartbeat`))
    expect(receipt.revision).toBeGreaterThan(revision)
    const { status } = agentIn(await registry.get(`/agents/${agent_id}`))
    expect(status).toBe('busy')
  })

  test('is revived by a batch', async () => {
    const heartbeats = [{ agent_id: inBatch.agent_id, status: 'draining' }]
    const response = await registry.post('/agents/heartbeats', { json: { heartbeats } })
    expect(objectIn(response)).toMatchObject({ ok: 1, unknown: [] })
    const { status } = agentIn(await registry.get(`/agents/${inBatch.agent_id}`))
    expect(status).toBe('draining')
  })

  test('is revived by a registration, and keeps its registered_at', async () => {
    const again = await registry.register({ agent_id: registering.agent_id })
    expect(again).toMatchObject({ is_alive: true, registered_at: registering.registered_at })
    expect(again.revision).toBeGreaterThan(registering.revision)
  })

  test('is revived when it is posted back exactly as read, with its former status', async () => {
    expect(postedBack).toMatchObject({ status: 'expired', is_alive: false })
    const again = agentIn(await registry.post('/agents/register', { json: postedBack }))
    expect(again).toMatchObject({ status: 'draining', load: 0.5, is_alive: true })
    expect(again.registered_at).toBe(postedBack.registered_at)
  })

  test('can be deregistered', async () => {
    const { agent_id } = leaving
    expect(objectIn(await registry.delete(`/agents/${agent_id}`))).toMatchObject({ agent_id })
    expectProblem(await registry.get(`/agents/${agent_id}`), 'AGENT_NOT_FOUND')
  })
})

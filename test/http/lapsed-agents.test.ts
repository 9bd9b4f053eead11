import type { Agent } from '@rollcall/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()

/** Agents whose leases, the shortest there are, have lapsed; one for each test that changes one. */
let dead: Agent
let beating: Agent
let inBatch: Agent
let registering: Agent
let leaving: Agent
let postedBack: Agent

beforeAll(async () => {
  ;[dead, beating, inBatch, registering, leaving, postedBack] = await Promise.all([
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
  test('is still there to be read, as expired, and not before its time', () => {
    expect(dead).toMatchObject({ is_alive: false, status: 'expired', metadata: { kept: true } })
    // The registry may show times that are up to 100 ms off a step of the wall clock.
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(dead.expires_at) - 100)
  })

  test('is in the list only when the dead are asked for', async () => {
    expect(await idsIn('/agents')).not.toContain(dead.agent_id)
    expect(await idsIn('/agents?include_dead=false')).not.toContain(dead.agent_id)
    expect(await idsIn('/agents?include_dead=true')).toContain(dead.agent_id)
  })

  test('counts as registered, and not as active', async () => {
    const health = objectIn(await registry.get('/health'))
    expect(health.registered_agents).toBeGreaterThan(Number(health.active_agents))
  })

  test('gets a new revision when the registry tells of it', async () => {
    const { agent_id, revision } = await registry.register({ ttl_seconds: 1 })
    const now = async () => agentIn(await registry.get(`/agents/${agent_id}`)).revision
    await expect.poll(now).toBeGreaterThan(revision)
  })
})

describe('an agent that had lapsed', () => {
  test('lives again by a plain heartbeat, with the status it had', async () => {
    const { agent_id, revision } = beating
    const receipt = objectIn(await registry.post(`/agents/${agent_id}/heartbeat`))
    expect(receipt.revision).toBeGreaterThan(revision)
    const { status } = agentIn(await registry.get(`/agents/${agent_id}`))
    expect(status).toBe('busy')
  })

  test('lives again by a batch', async () => {
    const heartbeats = [{ agent_id: inBatch.agent_id, status: 'draining' }]
    const answer = await registry.post('/agents/heartbeats', { json: { heartbeats } })
    expect(objectIn(answer)).toMatchObject({ ok: 1, unknown: [] })
    const { status } = agentIn(await registry.get(`/agents/${inBatch.agent_id}`))
    expect(status).toBe('draining')
  })

  test('lives again by registering, and keeps its registered_at', async () => {
    const again = await registry.register({ agent_id: registering.agent_id })
    expect(again).toMatchObject({ is_alive: true, registered_at: registering.registered_at })
    expect(again.revision).toBeGreaterThan(registering.revision)
  })

  test('lives again when it is posted back exactly as it was read, with the status it had', async () => {
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

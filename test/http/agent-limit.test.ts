import { AgentRegistryServer } from '@rollcall/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'

const MAX_AGENTS = 20
const JSON_TYPE = { 'content-type': 'application/json' }

let store: FreshStore
let server: AgentRegistryServer
let url: string

beforeAll(async () => {
  store = await freshStore()
  server = new AgentRegistryServer(store.url, { maxAgents: MAX_AGENTS })
  url = await server.listen({ port: 0 })
})

afterAll(async () => {
  await server.close()
  await store[Symbol.asyncDispose]()
})

function register(agentId: string, fields: object = {}): Promise<Response> {
  const agent = { agent_id: agentId, agent_name: 'Agent', host: '10.0.0.7', port: 8000, ...fields }
  const body = JSON.stringify(agent)
  return fetch(`${url}/agents/register`, { method: 'POST', headers: JSON_TYPE, body })
}

async function registered(): Promise<unknown> {
  return ((await (await fetch(`${url}/health`)).json()) as { registered_agents: number })
    .registered_agents
}

/** Fills the registry with agents that do not expire, apart from one. */
async function fill(): Promise<void> {
  await register('short', { ttl_seconds: 1 })
  await Promise.all(Array.from({ length: MAX_AGENTS }, (_, index) => register(`long-${index}`)))
}

test('registrations at the same moment do not exceed the limit', async () => {
  const attempts = Array.from({ length: 5 * MAX_AGENTS }, (_, index) => register(`burst-${index}`))
  const statuses = (await Promise.all(attempts)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(MAX_AGENTS)
  expect(statuses.filter((status) => status === 507)).toHaveLength(4 * MAX_AGENTS)
  expect(await registered()).toBe(MAX_AGENTS)
  for (const [index, status] of statuses.entries()) {
    if (status === 200) await fetch(`${url}/agents/burst-${index}`, { method: 'DELETE' })
  }
  expect(await registered()).toBe(0)
})

test('a full registry refuses new agents with the limit, the setting and a time to come back', async () => {
  await fill()
  const refused = await register('new')
  expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([507, 30])
  expect(await refused.json()).toMatchObject({
    code: 'REGISTRY_FULL',
    detail: expect.stringMatching(/has 20 agents, .*it may have 20 \(--max-agents\)/),
  })
})

test('agents of a full registry update their registration, send heartbeats and deregister', async () => {
  await fill()
  expect((await register('long-1', { agent_name: 'Renamed' })).status).toBe(200)
  const beat = await fetch(`${url}/agents/long-1/heartbeat`, { method: 'POST' })
  expect(beat.status).toBe(200)
  expect((await fetch(`${url}/agents/long-1`, { method: 'DELETE' })).status).toBe(200)
  expect((await register('long-1')).status).toBe(200)
  expect((await register('new')).status).toBe(507)
})

test('expired agents count until they are removed', async () => {
  await fill()
  const status = async () => {
    const agent = await (await fetch(`${url}/agents/short`)).json()
    return (agent as { status: string }).status
  }
  await expect.poll(status, { timeout: 30_000 }).toBe('expired')
  expect((await register('new')).status).toBe(507)
  await expect
    .poll(async () => {
      await fetch(`${url}/agents/cleanup`, { method: 'POST' })
      return (await register('new')).status
    })
    .toBe(200)
})

test('a registry counts the agents that it finds when it starts', async () => {
  await fill()
  await server.close()
  server = new AgentRegistryServer(store.url, { maxAgents: MAX_AGENTS })
  url = await server.listen({ port: 0 })
  expect((await register('another')).status).toBe(507)
})

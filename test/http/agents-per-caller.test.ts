import { AgentRegistryServer } from '@rollcall/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type TokenFileOnDisk,
  tokenFile,
} from '../../packages/server/test/access/support/token-file-on-disk.ts'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'

const MAX_AGENTS = 20
const ANN = 'a-token-for-the-agents-of-ann-and-no-others'
const BO = 'a-token-for-the-agents-of-bo-and-no-others'
const OPS = 'a-token-that-may-do-just-about-everything'

let store: FreshStore
let tokens: TokenFileOnDisk
let server: AgentRegistryServer
let url: string

async function start(): Promise<void> {
  server = new AgentRegistryServer(store.url, {
    maxAgentsPerCaller: MAX_AGENTS,
    tokenFile: tokens.path,
    anonymous: 'none',
  })
  url = await server.listen({ port: 0 })
}

beforeEach(async () => {
  store = await freshStore()
  tokens = await tokenFile(`ann agent * ${ANN}`, `bo agent * ${BO}`, `ops admin * ${OPS}`)
  await start()
})

afterEach(async () => {
  await server.close()
  await store[Symbol.asyncDispose]()
  await tokens[Symbol.asyncDispose]()
})

function send(token: string, method: string, path: string, json?: object): Promise<Response> {
  return fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(json && { 'content-type': 'application/json' }),
    },
    ...(json && { body: JSON.stringify(json) }),
  })
}

function register(token: string, agentId: string, fields: object = {}): Promise<Response> {
  const agent = { agent_id: agentId, agent_name: 'Agent', host: '10.0.0.7', port: 8000, ...fields }
  return send(token, 'POST', '/agents/register', agent)
}

/** Registers as many agents of ann as it may have. */
async function fill(): Promise<void> {
  await Promise.all(Array.from({ length: MAX_AGENTS }, (_, index) => register(ANN, `own-${index}`)))
}

test('registrations of a principal at the same moment do not exceed the limit', async () => {
  await Promise.all(Array.from({ length: MAX_AGENTS - 3 }, (_, i) => register(ANN, `own-${i}`)))
  const attempts = Array.from({ length: 50 }, (_, index) => register(ANN, `burst-${index}`))
  const statuses = (await Promise.all(attempts)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(3)
  expect(statuses.filter((status) => status === 429)).toHaveLength(47)
  const agents = (await (await send(ANN, 'GET', '/agents')).json()) as unknown[]
  expect(agents).toHaveLength(MAX_AGENTS)
})

test('a refusal names the limit, the setting, the principal and a time to come back', async () => {
  await fill()
  const refused = await register(ANN, 'new')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30'])
  expect(await refused.json()).toMatchObject({
    code: 'QUOTA_EXCEEDED',
    detail: expect.stringMatching(/principal ann owns 20 .* own 20 \(--max-agents-per-caller\)/),
  })
  expect((await send(ANN, 'GET', '/agents/new')).status).toBe(404)
})

test('other principals and admins are not affected, and cannot be displaced', async () => {
  await fill()
  expect((await register(BO, 'of-bo')).status).toBe(200)
  for (let index = 0; index <= MAX_AGENTS; index++) {
    expect((await register(OPS, `of-ops-${index}`)).status).toBe(200)
  }
  const taken = await register(ANN, 'of-bo', { host: '10.6.6.6' })
  expect([taken.status, await taken.json()]).toMatchObject([403, { code: 'AGENT_OWNED' }])
  expect(await (await send(ANN, 'GET', '/agents/of-bo')).json()).toMatchObject({ owner: 'bo' })
})

test('its agents update their registration, send heartbeats and deregister', async () => {
  await fill()
  expect((await register(ANN, 'own-1', { agent_name: 'Renamed' })).status).toBe(200)
  expect((await send(ANN, 'POST', '/agents/own-1/heartbeat')).status).toBe(200)
  expect((await send(ANN, 'DELETE', '/agents/own-1')).status).toBe(200)
  expect((await register(ANN, 'own-1')).status).toBe(200)
  expect((await register(ANN, 'new')).status).toBe(429)
})

test('its expired agents count until they are removed', async () => {
  await register(ANN, 'short', { ttl_seconds: 1 })
  await fill()
  const status = async () => {
    const agent = await (await send(ANN, 'GET', '/agents/short')).json()
    return (agent as { status: string }).status
  }
  await expect.poll(status, { timeout: 30_000 }).toBe('expired')
  expect((await register(ANN, 'new')).status).toBe(429)
  await expect
    .poll(async () => {
      await send(OPS, 'POST', '/agents/cleanup')
      return (await register(ANN, 'new')).status
    })
    .toBe(200)
})

test('a registry counts the agents of a principal that it finds when it starts', async () => {
  await fill()
  await server.close()
  await start()
  expect((await register(ANN, 'another')).status).toBe(429)
})

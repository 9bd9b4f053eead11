// The lease state table, state by state and event by event, over real HTTP against a real process.
// Deadlines and cleanup are in lease-deadline.test.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, HeartbeatReceipt, ProblemDetails, RegisteredAgent } from '@rollcall/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'
import { registration, type Send } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { HTTP_CLIENT, terminal } from './support/terminal.ts'

let store: FreshStore
/** A cleanup interval so long that expired agents stay. */
let registry: RegistryProcess
let send: Send

beforeAll(async () => {
  store = await freshStore()
  registry = await RegistryProcess.start({ cwd: store.folder, db: store.url })
  send = terminal(registry)
})

afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})

async function register(agentId: string, more: Parameters<typeof registration>[1] = {}) {
  const response = await send<RegisteredAgent>(
    'POST',
    '/agents/register',
    registration(agentId, more),
  )
  expect(response.status).toBe(200)
  return response.body
}

async function heartbeat(agentId: string, report?: object): Promise<HeartbeatReceipt> {
  const response = await send<HeartbeatReceipt>('POST', `/agents/${agentId}/heartbeat`, report)
  expect(response.status).toBe(200)
  return response.body
}

async function read(agentId: string): Promise<Agent> {
  const { status, body } = await send<Agent>('GET', `/agents/${agentId}`)
  expect(status).toBe(200)
  return body
}

async function expectAbsent(method: string, path: string): Promise<void> {
  const { status, headers, body } = await send<ProblemDetails>(method, path)
  expect(status).toBe(404)
  expect(headers['content-type']).toContain('application/problem+json')
  expect(body).toMatchObject({ status: 404, code: 'AGENT_NOT_FOUND' })
  expect(body.detail).toContain('not found')
}

describe(`with ${HTTP_CLIENT}, an agent that is absent`, () => {
  test('becomes alive when it registers', async () => {
    const agent = await register('newcomer', { ttl_seconds: 90 })
    expect(agent).toMatchObject({ is_alive: true, status: 'ready', ttl_seconds: 90 })
    expect(agent.heartbeat_interval_seconds).toBe(30)
    expect(Date.parse(agent.expires_at) - Date.parse(agent.last_heartbeat)).toBe(90_000)
    expect(await read('newcomer')).toMatchObject({ is_alive: true, revision: agent.revision })
  })

  test('has its first heartbeat at the moment of its registration, however many register at once', async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `crowd-${index}`)
    const responses = await Promise.all(
      ids.map((id) =>
        registry.http.send<RegisteredAgent>('POST', '/agents/register', registration(id)),
      ),
    )
    const different = responses.filter(({ body }) => body.registered_at !== body.last_heartbeat)
    expect(different.map(({ body }) => [body.registered_at, body.last_heartbeat])).toEqual([])
  })

  test('gets a response that asks it to register when it sends a heartbeat', async () => {
    await expectAbsent('POST', '/agents/unknown/heartbeat')
    const { body } = await send<ProblemDetails>('POST', '/agents/unknown/heartbeat', { load: 0.5 })
    expect(body.detail).toContain('register')
  })

  test('cannot be read or deregistered', async () => {
    await expectAbsent('GET', '/agents/unknown')
    await expectAbsent('DELETE', '/agents/unknown')
  })
})

describe(`with ${HTTP_CLIENT}, an agent that is alive`, () => {
  test('keeps its record when it registers again, without a transition if nothing changed', async () => {
    const first = await register('twice')
    await sleep(5)
    const second = await register('twice')
    expect(second).toMatchObject({ registered_at: first.registered_at, revision: first.revision })
    expect(Date.parse(second.last_heartbeat)).toBeGreaterThan(Date.parse(first.last_heartbeat))
    const { body } = await send<Agent[]>('GET', '/agents')
    expect(body.filter(({ agent_id }) => agent_id === 'twice')).toHaveLength(1)
  })

  test('is updated when it registers again with changes', async () => {
    const first = await register('moved', { ttl_seconds: 60, port: 8001 })
    const second = await register('moved', { ttl_seconds: 120, port: 8002 })
    expect(second).toMatchObject({ ttl_seconds: 120, port: 8002, url: 'http://127.0.0.1:8002' })
    expect(second.registered_at).toBe(first.registered_at)
    expect(second.revision).toBeGreaterThan(first.revision)
    expect(Date.parse(second.expires_at) - Date.parse(second.last_heartbeat)).toBe(120_000)
  })

  test.each([
    { form: 'an object', metadata: { region: 'eu', tags: ['a', 'b'], nested: { n: 1.5 } } },
    { form: 'a string', metadata: '{"region": "eu",  "n": 1.0}' },
    { form: 'null', metadata: null },
  ])('gets its metadata back unchanged: $form', async ({ metadata }) => {
    expect((await register('describing', { metadata })).metadata).toEqual(metadata)
    expect((await read('describing')).metadata).toEqual(metadata)
  })

  test('gets a new deadline from a heartbeat, without a transition', async () => {
    const agent = await register('beating')
    await sleep(5)
    const receipt = await heartbeat('beating')
    expect(receipt).toMatchObject({ status: 'ok', ttl_seconds: 60, heartbeat_interval_seconds: 20 })
    expect(Date.parse(receipt.expires_at)).toBeGreaterThan(Date.parse(agent.expires_at))
    expect(receipt.revision).toBe(agent.revision)
    expect(await heartbeat('beating', { load: 0.25 })).toMatchObject({ revision: agent.revision })
    expect(await read('beating')).toMatchObject({ load: 0.25, is_alive: true })
  })

  test('has one transition when a heartbeat reports another status', async () => {
    const agent = await register('working')
    const busy = await heartbeat('working', { status: 'busy' })
    expect(busy.revision).toBeGreaterThan(agent.revision)
    expect((await heartbeat('working', { status: 'busy' })).revision).toBe(busy.revision)
    expect(await read('working')).toMatchObject({ status: 'busy', revision: busy.revision })
  })

  test('is absent after it deregistered', async () => {
    await register('leaving')
    const { status, body } = await send('DELETE', '/agents/leaving')
    expect({ status, body }).toEqual({
      status: 200,
      body: { status: 'deleted', agent_id: 'leaving' },
    })
    await expectAbsent('GET', '/agents/leaving')
    await expectAbsent('POST', '/agents/leaving/heartbeat')
    await expectAbsent('DELETE', '/agents/leaving')
  })
})

describe(`with ${HTTP_CLIENT}, an agent whose lease has lapsed`, () => {
  const registered = new Map<string, RegisteredAgent>()

  beforeAll(async () => {
    for (const id of ['shown', 'registering', 'returning', 'resigning']) {
      registered.set(id, await register(`late-${id}`, { ttl_seconds: 1 }))
    }
    await sleep(1100)
  })

  test('is shown as expired only with include_dead', async () => {
    expect(await read('late-shown')).toMatchObject({ is_alive: false, status: 'expired' })
    const alive = await send<Agent[]>('GET', '/agents')
    expect(alive.body.map(({ agent_id }) => agent_id)).not.toContain('late-shown')
    const all = await send<Agent[]>('GET', '/agents?include_dead=true')
    const shown = all.body.find(({ agent_id }) => agent_id === 'late-shown')
    expect(shown).toMatchObject({ is_alive: false, status: 'expired' })
    expect(shown?.revision).toBeGreaterThan(registered.get('shown')?.revision ?? Infinity)
    expect(all.body.map(({ agent_id }) => agent_id).toSorted()).toEqual(
      all.body.map(({ agent_id }) => agent_id),
    )
  })

  test('is revived as the same record when it registers again', async () => {
    const before = registered.get('registering')
    const revived = await register('late-registering', { ttl_seconds: 60 })
    expect(revived).toMatchObject({ is_alive: true, status: 'ready', ttl_seconds: 60 })
    expect(revived.registered_at).toBe(before?.registered_at)
    expect(revived.revision).toBeGreaterThan(before?.revision ?? Infinity)
  })

  test('is revived by a heartbeat', async () => {
    const receipt = await heartbeat('late-returning')
    expect(receipt.revision).toBeGreaterThan(registered.get('returning')?.revision ?? Infinity)
    expect(Date.parse(receipt.expires_at) - Date.parse(receipt.last_heartbeat)).toBe(1000)
  })

  test('can be deregistered', async () => {
    expect((await send('DELETE', '/agents/late-resigning')).status).toBe(200)
    await expectAbsent('GET', '/agents/late-resigning')
  })
})

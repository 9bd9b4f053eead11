// What callers that see some agents learn besides them: from cursors, ETags, totals, health and other routes.
import type { CreatedToken, Health, Token } from '@rollcall/protocol'
import { AgentRegistryServer, MemoryAgentRegistryRepository } from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { send } from './support/guarded-registry.ts'
import { TENANTS, type TenantRegistry, tenantRegistry } from './support/tenant-registry.ts'
import { tokenFile } from './support/token-file-on-disk.ts'

let registry: TenantRegistry
beforeAll(async () => {
  registry = await tenantRegistry('memory')
})
afterAll(() => registry[Symbol.asyncDispose]())

type Caller = keyof typeof TENANTS

const get = (path: string, caller: Caller, headers: Readonly<Record<string, string>> = {}) =>
  registry.send('GET', path, { token: TENANTS[caller], headers })

describe('a cursor', () => {
  test('is valid only for callers that see the same agents', async () => {
    const next = async (caller: Caller) => {
      const link = (await get('/agents?limit=1', caller)).headers.get('link')
      return `/agents${/<([^>]+)>/.exec(link ?? '')?.[1]}`
    }
    const [ofA, ofB, ofAll] = [
      await next('readerOfA'),
      await next('readerOfB'),
      await next('reader'),
    ]
    for (const [cursor, caller] of [
      [ofB, 'readerOfA'],
      [ofAll, 'readerOfA'],
      [ofA, 'reader'],
    ] as const) {
      const response = await get(cursor, caller)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'INVALID_CURSOR' })
    }
    for (const caller of ['readerOfA', 'agentsOfA'] as const) {
      expect(await (await get(ofA, caller)).json()).toMatchObject([{ agent_id: 'team-a:web' }])
    }
  })
})

describe('an ETag', () => {
  const status = async (path: string, caller: Caller, etag: string) =>
    (await get(path, caller, { 'if-none-match': etag })).status

  test('of a list is valid only for callers that see the same agents', async () => {
    const etagOf = async (caller: Caller) =>
      (await get('/agents', caller)).headers.get('etag') ?? ''
    const [ofA, ofAll] = [await etagOf('readerOfA'), await etagOf('reader')]
    expect(await status('/agents', 'readerOfA', ofA)).toBe(304)
    expect(await status('/agents', 'agentsOfA', `"other", ${ofA.replace('W/', '')}`)).toBe(304)
    expect(await status('/agents', 'readerOfB', ofA)).toBe(200)
    expect(await status('/agents', 'readerOfA', ofAll)).toBe(200)
    expect(await status('/agents', 'reader', ofA)).toBe(200)
    expect(await status('/agents', 'reader', ofAll)).toBe(304)
    await registry.add('team-a:etag')
    expect(await status('/agents', 'readerOfA', ofA)).toBe(200)
    await registry.repository.delete('team-a:etag')
  })

  test('of an agent that the caller does not see is not confirmed', async () => {
    const etag = (await get('/agents/team-b:web', 'reader')).headers.get('etag') ?? ''
    expect(await status('/agents/team-b:web', 'reader', etag)).toBe(304)
    for (const known of [etag, '*']) {
      expect(await status('/agents/team-b:web', 'readerOfA', known)).toBe(404)
    }
  })
})

describe('a caller that sees some agents', () => {
  test('gets no metrics, which count all of them, and is told why', async () => {
    expect((await get('/metrics', 'reader')).status).toBe(200)
    for (const caller of ['readerOfA', 'agentsOfA'] as const) {
      const response = await get('/metrics', caller)
      expect(response.status).toBe(403)
      const { detail } = (await response.json()) as { detail: string }
      expect(detail).toMatch(/^The response is about all agents; ".*" sees only team-a:\*\.$/)
    }
  })

  test('reads the pages of the documentation, and what the registry is', async () => {
    for (const path of ['/', '/docs/', '/docs/json', '/openapi.json', '/health/ready']) {
      expect((await get(path, 'readerOfA')).status, path).toBe(200)
    }
  })

  test('is not limited by the filter of its query', async () => {
    const found = await get('/agents?agent_id=team-b:*', 'readerOfA')
    expect([found.status, await found.json()]).toEqual([200, []])
  })
})

describe('a registry that is full', () => {
  test('tells how many agents it has only callers that see all', async () => {
    await using file = await tokenFile(
      `ci-a agent team-a:* reads=team-a:* ${TENANTS.agentsOfA}`,
      `ops admin * ${TENANTS.admin}`,
    )
    await using server = new AgentRegistryServer('memory:', { tokenFile: file.path, maxAgents: 1 })
    const url = await server.listen({ port: 0 })
    const register = async (agentId: string, token: string) => {
      const json = { agent_id: agentId, agent_name: 'A', host: 'h', port: 1 }
      const response = await send('POST', `${url}/agents/register`, { token, json })
      return { status: response.status, text: await response.text() }
    }
    await register('team-b:1', TENANTS.admin)
    const refusals = [TENANTS.admin, TENANTS.agentsOfA].map((token) => register('team-a:1', token))
    const [ofAll, ofA] = await Promise.all(refusals)
    expect([ofAll?.status, ofA?.status]).toEqual([507, 507])
    expect(ofAll?.text).toContain('has 1 agents')
    expect(ofA?.text).toContain('The registry is full.')
    expect(ofA?.text).not.toContain('1 agents')
  })
})

describe('callers without a token', () => {
  const LIMITED = { name: 'ui-a', scope: 'read', reads: ['team-a:*'] }

  test('may not read what callers with one may not, as soon as there is such a token', async () => {
    await using file = await tokenFile(`ops admin * ${TENANTS.admin}`)
    await using server = new AgentRegistryServer('memory:', { tokenFile: file.path })
    const url = await server.listen({ port: 0 })
    const anonymous = async () => (await send('GET', `${url}/agents`)).status
    expect(await anonymous()).toBe(200)
    const created = await send('POST', `${url}/tokens`, { token: TENANTS.admin, json: LIMITED })
    expect([created.status, await anonymous()]).toEqual([200, 401])
    const { id } = (await created.json()) as CreatedToken
    await send('DELETE', `${url}/tokens/${id}`, { token: TENANTS.admin })
    expect(await anonymous()).toBe(200)
    await file.write(`ops admin * ${TENANTS.admin}`, `ui read * reads=a ${TENANTS.readerOfA}`)
    await eventually(anonymous).toBe(401)
  })
})

describe('routes of an application', () => {
  test('are for callers that see all agents, unless they show none', async () => {
    await using file = await tokenFile(
      `ui-a read * reads=team-a:* ${TENANTS.readerOfA}`,
      `all read * ${TENANTS.reader}`,
    )
    await using server = new AgentRegistryServer('memory:', { tokenFile: file.path })
    const app = server.createApp()
    app.get('/mine', () => 'mine')
    app.get('/hello', { config: { shows: 'nothing' } }, () => 'hello')
    const status = async (url: string, token: string) =>
      (await app.inject({ url, headers: { authorization: `Bearer ${token}` } })).statusCode
    expect(await status('/mine', TENANTS.readerOfA)).toBe(403)
    expect(await status('/mine', TENANTS.reader)).toBe(200)
    expect(await status('/hello', TENANTS.readerOfA)).toBe(200)
  })
})

describe('health', () => {
  test('counts what the caller sees, also while most of the fleet is silent', async () => {
    await using file = await tokenFile(
      `ui-a read * reads=team-a:* ${TENANTS.readerOfA}`,
      `all read * ${TENANTS.reader}`,
    )
    await using repository = new MemoryAgentRegistryRepository({ brakeMinimum: 2 })
    await using server = new AgentRegistryServer('memory:', { repository, tokenFile: file.path })
    const url = await server.listen({ port: 0 })
    const health = async (token: string) =>
      (await (await send('GET', `${url}/health`, { token })).json()) as Health
    for (const agentId of ['team-a:1', 'team-a:2', 'team-b:1', 'team-b:2', 'team-b:3']) {
      for (const instanceId of agentId.startsWith('team-b') ? ['1', '2', '3', '4'] : ['1']) {
        await repository.add({
          agentId,
          agentName: 'A',
          host: 'h',
          port: 1,
          ttlSeconds: 1,
          instanceId,
        })
      }
    }
    await repository.add({ agentId: 'team-a:3', agentName: 'A', host: 'h', port: 1 })
    await eventually(async () => (await health(TENANTS.reader)).expiry_brake).not.toBeNull()
    const ofAll = await health(TENANTS.reader)
    expect(ofAll).toMatchObject({ registered_agents: 6, flapping_agents: 3 })
    expect(ofAll.expiry_brake?.reason).toMatch(/\d/)
    await eventually(async () => await health(TENANTS.readerOfA)).toMatchObject({
      registered_agents: 3,
      active_agents: 3,
      flapping_agents: 0,
      expiry_brake: {
        suspect_agents: 2,
        reason: 'many agents fell silent at once; their expiry is held back',
      },
    })
  })
})

describe('a token created over HTTP', () => {
  const create = (json: object) => registry.send('POST', '/tokens', { token: TENANTS.admin, json })

  test('sees the agents in its reads, and those that it may change', async () => {
    const reads = ['misc:*']
    const order = { name: 'bot', scope: 'agent', agents: ['team-a:*'], reads }
    const { token, ...created } = (await (await create(order)).json()) as CreatedToken
    expect(created.reads).toEqual(reads)
    const listed = await registry.send('GET', '/agents', { token })
    expect(await listed.text()).toMatch(/misc:one.*team-a:db/)
    expect((await registry.send('GET', '/agents/team-b:web', { token })).status).toBe(404)
    const tokens = (await (await get('/tokens', 'admin')).json()) as Token[]
    expect(tokens).toContainEqual(created)
  })

  test('sees all agents unless its reads say otherwise', async () => {
    const { reads } = (await (await create({ name: 'b', scope: 'read' })).json()) as CreatedToken
    expect(reads).toEqual(['*'])
  })

  test.each([
    { scope: 'admin', reads: ['team-a:*'] },
    { scope: 'agent', reads: ['team-a:*'] },
    { scope: 'read', reads: [] },
    { scope: 'read', reads: ['a*b'] },
  ])('is refused with reads that limit nothing, or are invalid: %j', async (order) => {
    const response = await create({ name: 'b', ...order })
    expect(response.status).toBe(422)
    const { errors } = (await response.json()) as { errors: { pointer: string }[] }
    expect(errors[0]?.pointer).toMatch(/^\/reads/)
  })
})

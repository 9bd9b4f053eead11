// What an operator decides about catalogs: identifiers, addresses, metadata, the path, and the size of manifests.
import {
  AgentRegistryServer,
  type AgentRegistryServerOptions,
  MemoryAgentRegistryRepository,
} from '@rollcall/server'
import { afterEach, describe, expect, test } from 'vitest'

let server: AgentRegistryServer
let url: string
afterEach(() => server.close())

async function start(options: AgentRegistryServerOptions = {}): Promise<void> {
  server = new AgentRegistryServer('memory:', options)
  url = await server.listen({ port: 0 })
}
const send = (path: string, json: object) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(json),
  })
const register = (fields: object = {}) =>
  send('/agents/register', { agent_id: 'a', agent_name: 'A', host: '10.0.0.7', port: 1, ...fields })

interface Entry {
  readonly [term: string]: unknown
  readonly identifier: string
  readonly type: string
  readonly url: string
}
async function entriesAt(address: string): Promise<Entry[]> {
  return ((await (await fetch(address)).json()) as { entries: Entry[] }).entries
}
const agentEntry = async () =>
  (await entriesAt(`${url}/.well-known/ard.json`)).find((each) => each.displayName === 'A')

test('the publisher is in identifiers, and reversed in the names of servers', async () => {
  await start({ publisher: 'agents.example.com' })
  await register({ protocol: 'mcp' })
  expect((await agentEntry())?.identifier).toBe('urn:air:agents.example.com:agent:a')
  const path = '/v0.1/servers/com.example.agents%2Fa/versions/latest'
  expect((await fetch(url + path)).status).toBe(200)
})

test('behind a proxy, addresses and the publisher are those of the public URL', async () => {
  await start({ publicUrl: 'https://agents.example/registry/' })
  await register({ protocol: 'mcp' })
  expect(await agentEntry()).toMatchObject({
    identifier: 'urn:air:agents.example:agent:a',
    url: 'https://agents.example/registry/agents/a/server-card',
  })
})

test('entries point to the cards of agents, if that is wanted and there is one', async () => {
  await start({ catalogCards: 'own' })
  const card = { name: 'A', url: 'http://10.0.0.7:8000' }
  await register({ protocol: 'a2a', card })
  expect((await agentEntry())?.url).toBe(`${url}/agents/a/card`)
  await register({ protocol: 'a2a', card, card_url: 'https://a.example/card.json' })
  expect((await agentEntry())?.url).toBe('https://a.example/card.json')
})

test('metadata is shown only if that is wanted, without objects', async () => {
  await start({ catalogMetadata: true })
  await register({ metadata: { region: 'eu', n: 1, deep: { a: 1 }, list: [1], nothing: null } })
  const metadata = { region: 'eu', n: 1, nothing: null }
  expect(await agentEntry()).toMatchObject({
    metadata,
    extensions: { 'https://ai-catalog.org/extensions/metadata': metadata },
  })
})

describe('another path of ARD', () => {
  test('is the only one, in manifests, in the documentation and in errors', async () => {
    await start({ ardPrefix: '/discovery/v1' })
    await register()
    const query = { query: { text: 'a' } }
    const found = await send('/discovery/v1/search', query)
    expect(found.status).toBe(200)
    expect(await found.json()).toMatchObject({ results: [{ source: `${url}/discovery/v1` }] })
    const missing = await send('/ard/search', query)
    expect(missing.status).toBe(404)
    const text = await missing.text()
    expect(text).toContain('/ard/search not found')
    expect(text).not.toContain('errorCode')
    const invalid = await send('/discovery/v1/search', {})
    expect(await invalid.json()).toMatchObject({ errorCode: 'INVALID_ARGUMENT' })
    const [own] = await entriesAt(`${url}/.well-known/ard.json`)
    expect(own?.url).toBe(`${url}/discovery/v1`)
    const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object }
    expect(Object.keys(paths)).toContain('/discovery/v1/search')
    expect(Object.keys(paths)).not.toContain('/ard/search')
  })

  test('is also that of requests without a connection', async () => {
    await start({ ardPrefix: '/discovery' })
    const response = await server.createApp().inject('/discovery/agents')
    expect(response.json()).toEqual({ items: [] })
  })
})

test.each([
  { ardPrefix: 'ard' },
  { ardPrefix: '/ard/' },
  { ardPrefix: '/' },
  { ardPrefix: '/agents' },
  { ardPrefix: '/v0_1/../agents' },
  { ardPrefix: '/docs/ard' },
  { publisher: 'a b' },
  { publisher: '' },
])('%j is refused', (options) => {
  expect(() => new AgentRegistryServer('memory:', options)).toThrow(TypeError)
})

test('a manifest of many agents is in pages, each of which names the next', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  await start({ repository })
  for (let index = 0; index < 2100; index++) {
    const agentId = `agent-${String(index).padStart(5, '0')}`
    await repository.add({ agentId, agentName: agentId, host: 'h', port: 1 })
  }
  for (const path of ['/.well-known/ard.json', '/.well-known/ai-catalog.json']) {
    const found: string[] = []
    const sizes: number[] = []
    let next: string | undefined = url + path
    while (next !== undefined) {
      const entries: Entry[] = await entriesAt(next)
      const agents = entries.filter(({ identifier }) => identifier.includes(':agent:'))
      found.push(...agents.map(({ identifier }) => identifier.split(':agent:')[1] ?? ''))
      sizes.push(entries.length)
      next = entries.find(({ type }) => type === 'application/ai-catalog+json')?.url
    }
    expect(sizes).toEqual([1003, 1001, 100])
    expect(new Set(found).size).toBe(2100)
    expect(found).toEqual(found.toSorted())
  }
})

test('a lapse that is not recorded yet changes a manifest nevertheless', async () => {
  class LapsingRepository extends MemoryAgentRegistryRepository {
    override async counts() {
      return { ...(await super.counts()), lapsePending: true }
    }
  }
  await using repository = new LapsingRepository()
  await start({ repository })
  const manifest = `${url}/.well-known/ard.json`
  const etag = (await fetch(manifest)).headers.get('etag') ?? ''
  expect((await fetch(manifest, { headers: { 'if-none-match': etag } })).status).toBe(200)
})

describe('what is turned off', () => {
  test('speaks no dialect in errors', async () => {
    await start({ ard: false, mcpRegistry: false })
    for (const path of ['/ard/search', '/v0.1/servers']) {
      const members = Object.keys((await (await send(path, {})).json()) as object)
      expect(members).toContain('code')
      expect(members).not.toContain('errorCode')
      expect(members).not.toContain('error')
    }
  })

  test('is not pointed to by what is left', async () => {
    await start({ mcp: false, mcpRegistry: false })
    await register({ protocol: 'mcp' })
    const entries = await entriesAt(`${url}/.well-known/ard.json`)
    expect(entries.map((each) => each.url)).toEqual([`${url}/ard`, `${url}/agents/a`])
    for (const each of entries.slice(1)) expect((await fetch(each.url)).status).toBe(200)
  })
})

describe('servers that are gone', () => {
  const details = { protocol: 'mcp' }
  const profile = { agentName: 'A', host: 'h', port: 1 }
  const deleted = async (): Promise<number> => {
    const response = await fetch(`${url}/v0.1/servers?include_deleted=true`)
    expect(response.status).toBe(200)
    return ((await response.json()) as { servers: object[] }).servers.length
  }

  test('are found in a history that begins late', async () => {
    await using repository = new MemoryAgentRegistryRepository({ historyLimit: 5 })
    await start({ repository })
    for (let index = 0; index < 20; index++) {
      await repository.add({ agentId: `a${index}`, ...profile })
    }
    await repository.add({ agentId: 'gone', ...profile, details })
    await repository.delete('gone')
    expect(await deleted()).toBe(1)
  })

  test('are looked for in the newest changes only', async () => {
    await using repository = new MemoryAgentRegistryRepository()
    await start({ repository })
    await repository.add({ agentId: 'gone', ...profile, details })
    await repository.delete('gone')
    for (let index = 0; index < 9999; index++) {
      await repository.add({ agentId: `a${index}`, ...profile })
    }
    expect(await deleted()).toBe(1)
    await repository.add({ agentId: 'one-more', ...profile })
    expect(await deleted()).toBe(0)
  })
})

test('a registry with too many MCP servers says so', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  await start({ repository })
  const details = { protocol: 'mcp' }
  for (let index = 0; index <= 20_000; index++) {
    await repository.add({ agentId: `a${index}`, agentName: 'A', host: 'h', port: 1, details })
  }
  const response = await fetch(`${url}/v0.1/servers`)
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ code: 'OVERLOADED', error: expect.any(String) })
})

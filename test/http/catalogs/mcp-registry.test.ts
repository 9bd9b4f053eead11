// Agents that speak MCP, as servers of the MCP Registry API, with their leases.
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { useRegistry } from '../support/registry-under-test.ts'

const registry = useRegistry()
const OFFICIAL = 'io.modelcontextprotocol.registry/official'
const LIVE = 'dev.rollcall/live'

interface Listed {
  readonly server: {
    name: string
    version: string
    title: string
    description: string
    remotes?: object[]
  }
  readonly _meta: {
    readonly [OFFICIAL]: {
      status: string
      isLatest: boolean
      updatedAt: string
      publishedAt: string
      statusChangedAt: string
    }
    readonly [LIVE]?: { replicas: { agent_id: string; status: string }[] }
  }
}
interface Page {
  readonly servers: readonly Listed[]
  readonly metadata: { readonly count: number; readonly nextCursor?: string }
}

async function list(parameters: Record<string, string> = {}): Promise<Page> {
  const answer = await registry.get(`/v0.1/servers?${new URLSearchParams(parameters)}`)
  expect(answer.status, answer.text).toBe(200)
  return answer.json as Page
}
const names = ({ servers }: Page) => servers.map(({ server }) => server.name)
const card = (name: string, version = '1.0.0', url = 'http://10.0.0.7:8000/mcp') => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json',
  ...{ name, version, description: 'Knows the tides.' },
  remotes: [{ type: 'streamable-http', url }],
})
const register = (fields: object) => registry.register({ protocol: 'mcp', ...fields })

describe('a server', () => {
  test('conforms to server.json, with what only the registry knows', async () => {
    const { agent_id: id, registered_at } = await register({
      agent_name: 'Tides',
      description: 'x'.repeat(150),
      url: 'https://tides.example/mcp',
    })
    const { servers } = await list({ search: id })
    const [listed] = servers
    expect(servers).toHaveLength(1)
    expect(listed?.server).toEqual({
      $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
      name: `localhost.rollcall/${id}`,
      title: 'Tides',
      description: `${'x'.repeat(99)}…`,
      version: '0.0.0',
      remotes: [{ type: 'streamable-http', url: 'https://tides.example/mcp' }],
    })
    expect(listed?.server.name).toMatch(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/)
    expect(listed?._meta[OFFICIAL]).toEqual({
      status: 'active',
      statusChangedAt: registered_at,
      publishedAt: registered_at,
      updatedAt: registered_at,
      isLatest: true,
    })
    expect(listed?._meta[LIVE]?.replicas).toMatchObject([
      { agent_id: id, status: 'ready', is_alive: true },
    ])
  })

  test('registers by its card alone, and is called what the card says', async () => {
    const id = registry.newId()
    const json = { agent_id: id, card: card(`com.example/${id}`) }
    const answer = await registry.post('/agents/register', { json })
    expect(answer.json).toMatchObject({
      agent_name: `com.example/${id}`,
      protocol: 'mcp',
      port: 8000,
    })
    expect(names(await list({ search: `com.example/${id}` }))).toEqual([`com.example/${id}`])
    const sent = await registry.get(`/agents/${id}/server-card`)
    expect(sent.headers.get('content-type')).toContain('application/mcp-server-card+json')
    expect(sent.json).toEqual(json.card)
  })

  test('is one, whose replicas are its remotes, those that take work first', async () => {
    const name = `com.example/${registry.newId('replicated')}`
    const urls = ['http://10.0.0.1/mcp', 'http://10.0.0.2/mcp', 'http://10.0.0.3/sse']
    const states = [{ status: 'busy' }, { load: 0.9 }, { load: 0.1 }]
    for (const [index, url] of urls.entries()) {
      await register({ card: card(name, '1.0.0', url), ...states[index] })
    }
    const { servers } = await list({ search: name })
    expect(servers).toHaveLength(1)
    expect(servers[0]?.server.remotes).toEqual([
      { type: 'sse', url: urls[2] },
      { type: 'streamable-http', url: urls[1] },
      { type: 'streamable-http', url: urls[0] },
    ])
  })

  test('of another protocol is none', async () => {
    const { agent_id: id } = await registry.register({ protocol: 'a2a' })
    expect(names(await list({ search: id }))).toEqual([])
    expect((await registry.get(`/v0.1/servers/localhost.rollcall%2F${id}/versions`)).status).toBe(
      404,
    )
    expect((await registry.get(`/agents/${id}/server-card`)).status).toBe(404)
  })
})

describe('versions', () => {
  test('are listed, the newest of those that are alive is the latest', async () => {
    const name = `com.example/${registry.newId('versions')}`
    for (const version of ['1.9.0', '1.10.0']) await register({ card: card(name, version) })
    const { agent_id: newest } = await register({ card: card(name, '2.0.0'), ttl_seconds: 1 })
    const path = `/v0.1/servers/${encodeURIComponent(name)}/versions`
    const latest = async () => {
      const answer = await registry.get(`${path}/latest`)
      return (answer.json as Listed).server.version
    }
    await eventually(latest).toBe('1.10.0')
    const { servers } = (await registry.get(path)).json as Page
    expect(servers.map(({ server, _meta }) => [server.version, _meta[OFFICIAL].isLatest])).toEqual([
      ['1.9.0', false],
      ['1.10.0', true],
    ])
    expect((await registry.get(`${path}/1.9.0`)).json).toMatchObject({
      server: { version: '1.9.0' },
    })
    expect((await registry.get(`${path}/2.0.0`)).status).toBe(404)
    const all = (await registry.get(`${path}?include_deleted=true`)).json as Page
    const isLatest = all.servers.map(({ _meta }) => _meta[OFFICIAL].isLatest)
    expect(isLatest).toEqual([false, true, false])
    const gone = await registry.get(`${path}/2.0.0?include_deleted=true`)
    expect(gone.json).toMatchObject({ _meta: { [OFFICIAL]: { status: 'deleted' } } })
    await registry.post(`/agents/${newest}/heartbeat`)
    expect(await latest()).toBe('2.0.0')
    expect(names(await list({ search: name, version: 'latest' }))).toEqual([name])
    expect((await list({ search: name, version: '1.9.0' })).servers[0]?.server.version).toBe(
      '1.9.0',
    )
  })
})

describe('a server that is gone', () => {
  test.each(['deregistered', 'expired'])(
    'and has %s is a tombstone, and only for who asks',
    async (how) => {
      const { agent_id: id } = await register({ ttl_seconds: how === 'expired' ? 1 : 60 })
      const since = new Date(Date.now() - 60_000).toISOString()
      if (how === 'deregistered') await registry.delete(`/agents/${id}`)
      await eventually(async () => names(await list({ search: id }))).toEqual([])
      if (how === 'expired') await registry.post('/agents/cleanup')
      for (const ask of [{ updated_since: since }, { include_deleted: 'true' }] as const) {
        const { servers } = await list({ search: id, ...ask })
        expect(servers[0]?._meta[OFFICIAL].status).toBe('deleted')
        expect(servers[0]?.server.remotes).toBeUndefined()
      }
      expect(names(await list({ search: id, updated_since: '2999-01-01T00:00:00Z' }))).toEqual([])
      await registry.register({ agent_id: id, protocol: 'mcp' })
      const back = await list({ search: id, include_deleted: 'true' })
      expect(back.servers.map(({ _meta }) => _meta[OFFICIAL].status)).toEqual(['active'])
    },
  )
})

test('pages follow each other without gaps and repetition', async () => {
  const label = registry.newId('paged').replaceAll('-', '')
  const expected: string[] = []
  for (const letter of ['c', 'a', 'b']) {
    const { agent_id: id } = await register({ agent_id: registry.newId(`${label}${letter}`) })
    expected.push(`localhost.rollcall/${id}`)
  }
  const found: string[] = []
  let cursor: string | undefined
  do {
    const page = await list({ search: label, limit: '2', ...(cursor && { cursor }) })
    expect(page.metadata.count).toBe(page.servers.length)
    found.push(...names(page))
    cursor = page.metadata.nextCursor
  } while (cursor !== undefined)
  expect(found).toEqual(expected.toSorted())
})

test.each([
  ['/v0.1/servers?limit=101', 422],
  ['/v0.1/servers?updated_since=yesterday', 422],
  ['/v0.1/servers?cursor=x', 400],
  [`/v0.1/servers?cursor=${Buffer.from('[1,2]').toString('base64url')}`, 400],
  ['/v0.1/servers/com.example%2Fnothing/versions/latest', 404],
  ['/v0.1/publish', 404],
])('%s is %i, with the error that clients expect', async (path, status) => {
  const answer = await registry.get(path)
  expect(answer.status).toBe(status)
  expect(answer.json).toMatchObject({ error: expect.stringMatching(/./) })
})

test('the registry has a server card of its own', async () => {
  const answer = await registry.get('/mcp/server-card')
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.json).toMatchObject({
    name: 'localhost.rollcall/rollcall',
    remotes: [{ type: 'streamable-http', url: `${registry.baseUrl}/mcp` }],
  })
})

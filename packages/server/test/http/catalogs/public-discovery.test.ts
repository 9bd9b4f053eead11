// What callers without a token see in the catalogs of a registry that is not open.
import { afterEach, describe, expect, test } from 'vitest'
import {
  type GuardedRegistry,
  guardedRegistry,
  TOKENS,
} from '../../access/support/guarded-registry.ts'

let registry: GuardedRegistry
afterEach(() => registry[Symbol.asyncDispose]())

const PATHS = ['/.well-known/ard.json', '/.well-known/ai-catalog.json', '/v0.1/servers'] as const
type PublicDiscovery = 'none' | 'registry' | 'agents'

async function start(publicDiscovery?: PublicDiscovery): Promise<void> {
  registry = await guardedRegistry({ publicDiscovery })
  await registry.add('team-a:1')
}
async function read(path: string, sent: { token?: string; headers?: Record<string, string> } = {}) {
  const response = await registry.send('GET', path, sent)
  const origin = response.headers.get('access-control-allow-origin')
  return { status: response.status, text: await response.text(), origin }
}

describe.each([undefined, 'none'] as const)('public discovery %s', (setting) => {
  test.each([...PATHS, '/mcp/server-card'])('%s needs a token', async (path) => {
    await start(setting)
    expect((await read(path)).status).toBe(401)
    const known = await read(path, { token: TOKENS.read })
    expect(known.status).toBe(200)
  })
})

test.each(PATHS)(
  'public discovery of the registry: %s shows no agent without a token',
  async (path) => {
    await start('registry')
    const anonymous = await read(path)
    expect(anonymous.status).toBe(200)
    expect(anonymous.text).not.toContain('team-a')
    expect(anonymous.origin).toBeNull()
    expect(anonymous.text.includes('ai-registry+json')).toBe(path.startsWith('/.well-known'))
    expect((await read(path, { token: TOKENS.read })).text).toMatch(/team-a[:.]1/)
  },
)

test.each(PATHS)(
  'public discovery of agents: %s shows them without a token, to pages as well',
  async (path) => {
    await start('agents')
    const anonymous = await read(path)
    expect(anonymous).toMatchObject({ status: 200, origin: '*' })
    expect(anonymous.text).toMatch(/team-a[:.]1/)
  },
)

test.each(PATHS)('%s grants pages what Copilot asks for', async (path) => {
  await start('agents')
  const headers = {
    origin: 'https://page.example',
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization,content-type',
  }
  const preflight = await registry.send('OPTIONS', path, { headers })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
  expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,content-type')
  const read = await registry.send('GET', `${path}?cursor=`)
  expect(read.status).toBe(422)
  expect(read.headers.get('access-control-allow-origin')).toBe('*')
})

test('nothing else is public, and a wrong token is no anonymous caller', async () => {
  await start('agents')
  for (const path of ['/agents', '/ard/agents', '/agents/team-a:1/card', '/events', '/metrics']) {
    expect((await read(path)).status, path).toBe(401)
  }
  expect((await read(PATHS[0], { token: `${TOKENS.read}x` })).status).toBe(401)
  const search = { json: { query: { text: 'A' } } }
  expect((await registry.send('POST', '/ard/search', search)).status).toBe(401)
})

test('a caller that sees some agents sees no others, whatever is public', async () => {
  await start('agents')
  await registry.add('team-b:1')
  const json = { name: 'limited', scope: 'read', reads: ['team-a:*'] }
  const created = await registry.send('POST', '/tokens', { token: TOKENS.admin, json })
  const { token } = (await created.json()) as { token: string }
  for (const path of PATHS) {
    const { text } = await read(path, { token })
    expect(text).toMatch(/team-a[:.]1/)
    expect(text).not.toMatch(/team-b/)
  }
})

test('the responses to different callers are not the same to a cache', async () => {
  await start('registry')
  const anonymous = await registry.send('GET', PATHS[0])
  const etag = anonymous.headers.get('etag') ?? ''
  const headers = { 'if-none-match': etag }
  expect((await read(PATHS[0], { headers })).status).toBe(304)
  expect((await read(PATHS[0], { headers, token: TOKENS.read })).status).toBe(200)
})

test('pages of other origins read nothing of a registry that is open to this machine', async () => {
  registry = await guardedRegistry({ tokenFile: undefined, anonymous: 'auto' })
  for (const path of PATHS) {
    expect((await read(path, { headers: { origin: 'https://page.example' } })).origin).toBeNull()
  }
})

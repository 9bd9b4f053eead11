// The probes of the conformance tool of ARD, which is only in a git repository: a registry and a manifest that pass here
// pass there.
import { beforeAll, describe, expect, test } from 'vitest'
import { useRegistry } from '../support/registry-under-test.ts'
import type { Answer } from '../support/response.ts'

const registry = useRegistry()
const URN = /^urn:air:([a-zA-Z0-9.-]+)(?::([a-zA-Z0-9._:-]+))?:([a-zA-Z0-9._-]+)$/
/** Clients refuse publishers that are no domains with a dot. */
const PUBLISHER = /^urn:air:(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,63}:/
const MEDIA_TYPE = /^[a-z]+\/[a-z0-9.+-]+$/

type Entry = Readonly<Record<string, unknown>> & { readonly identifier: string }

let weather: string
beforeAll(async () => {
  const server = { protocol: 'mcp', url: 'http://10.0.0.7:8000/mcp', tags: ['weather'] }
  const description = 'Weather forecast for a place.'
  const agent = await registry.register({ agent_name: 'Forecast', description, ...server })
  weather = `urn:air:rollcall.localhost:agent:${agent.agent_id}`
  await registry.register({ card: A2A_CARD, agent_name: 'Papers', protocol: 'a2a' })
  await registry.register({ agent_id: registry.newId('team:worker') })
})

const A2A_CARD = { name: 'Papers', url: 'https://agents.example/papers' }

function expectEntry(entry: Entry): void {
  expect(entry.identifier).toMatch(URN)
  expect(entry.identifier).toMatch(PUBLISHER)
  expect(entry.displayName).toMatch(/./)
  expect(entry.type).toMatch(MEDIA_TYPE)
  expect(['url', 'data'].filter((member) => member in entry)).toHaveLength(1)
  expect(URL.canParse(String(entry.url))).toBe(true)
  for (const list of ['tags', 'capabilities']) {
    if (list in entry) expect(entry[list]).toEqual(expect.arrayContaining([expect.any(String)]))
  }
  if ('updatedAt' in entry) expect(Date.parse(String(entry.updatedAt))).not.toBeNaN()
  expect(entry).not.toHaveProperty('trustManifest')
}

const search = (json: object) => registry.post('/ard/search', { json })
const lookUp = (identifier: string) => registry.get(`/ard/agents/${encodeURIComponent(identifier)}`)
const bodyOf = <T>({ json }: Answer) => json as T

function expectError(answer: Answer, status: number, errorCode: string): void {
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toMatch(/^application\/(?:problem\+)?json/)
  expect(answer.json).toMatchObject({ errorCode, message: expect.stringMatching(/./) })
}

describe('a manifest', () => {
  test.each([
    ['/.well-known/ard.json', 'application/json'],
    ['/.well-known/ai-catalog.json', 'application/ai-catalog+json'],
  ])('%s has entries, and says what AI Catalog asks for', async (path, type) => {
    const answer = await registry.get(path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')?.split(';')[0]).toBe(type)
    const { specVersion, host, entries } = bodyOf<{
      specVersion: unknown
      host: object
      entries: Entry[]
    }>(answer)
    expect(specVersion).toBe('1.0')
    expect(host).toMatchObject({ displayName: 'Rollcall', identifier: 'rollcall.localhost' })
    expect(entries.length).toBeGreaterThan(4)
    for (const entry of entries) expectEntry(entry)
    expect(new Set(entries.map(({ identifier }) => identifier)).size).toBe(entries.length)
    const base = { type: 'application/ai-registry+json', url: `${registry.baseUrl}/ard` }
    expect(entries).toContainEqual(expect.objectContaining(base))
  })

  test('is named at the root of the registry', async () => {
    const link = (await registry.get('/')).headers.get('link')
    expect(link).toContain('<./.well-known/ard.json>; rel="ard"')
    expect(link).toContain('<./.well-known/ai-catalog.json>; rel="ai-catalog"')
  })
})

describe('a registry', () => {
  test('lists entries', async () => {
    const { items } = bodyOf<{ items: Entry[] }>(await registry.get('/ard/agents'))
    expect(items.length).toBeGreaterThan(2)
    for (const entry of items) expectEntry(entry)
  })

  test('finds an MCP server by a sentence, with a score and a source', async () => {
    const answer = await search({
      query: {
        text: 'weather forecast tools',
        filter: { type: ['application/mcp-server-card+json'] },
      },
      federation: 'none',
      pageSize: 2,
    })
    expect(answer.status).toBe(200)
    const { results } = bodyOf<{ results: Entry[] }>(answer)
    expect(results[0]?.identifier).toBe(weather)
    for (const { score, source } of results) {
      expect(Number.isInteger(score) && Number(score) >= 0 && Number(score) <= 100).toBe(true)
      expect(source).toBe(`${registry.baseUrl}/ard`)
    }
  })

  test('returns the whole entry of an identifier, without what only searches have', async () => {
    const answer = await lookUp(weather)
    expect(answer.status).toBe(200)
    const entry = bodyOf<Entry>(answer)
    expectEntry(entry)
    expect(entry.identifier).toBe(weather)
    expect(Object.keys(entry)).not.toEqual(expect.arrayContaining(['score']))
    expect(Object.keys(entry)).not.toEqual(expect.arrayContaining(['source']))
  })

  test('has each entry of its manifest by its identifier', async () => {
    const { entries } = bodyOf<{ entries: Entry[] }>(await registry.get('/.well-known/ard.json'))
    for (const entry of entries) expect((await lookUp(entry.identifier)).json).toEqual(entry)
  })

  test('says 404 NOT_FOUND of an unknown identifier, which is not to be cached', async () => {
    const answer = await lookUp('urn:air:ard-conformance.invalid:probe:not-found')
    expectError(answer, 404, 'NOT_FOUND')
    expect(answer.headers.get('cache-control')).toBe('no-cache')
  })

  test.each(['not-a-valid-ard-urn', 'urn:air:', 'urn:air:a', 'URN:AIR:a:b', 'urn:air:a:b c'])(
    'says 400 INVALID_ARGUMENT of the malformed identifier %j',
    async (identifier) => expectError(await lookUp(identifier), 400, 'INVALID_ARGUMENT'),
  )

  test.each([
    ['a broken escape', () => registry.get('/ard/agents/%zz'), 400, 'INVALID_ARGUMENT'],
    ['no text', () => search({ query: {} }), 400, 'INVALID_ARGUMENT'],
    ['blank text', () => search({ query: { text: '  ' } }), 400, 'INVALID_ARGUMENT'],
    [
      'too many results',
      () => search({ query: { text: 'a' }, pageSize: 101 }),
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'an invalid federation',
      () => search({ query: { text: 'a' }, federation: 'x' }),
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'a forged page token',
      () => search({ query: { text: 'a' }, pageToken: 'W10' }),
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'an unknown field',
      () => search({ query: { text: 'a', filter: { x: 'y' } } }),
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'an unknown list filter',
      () => registry.get("/ard/agents?filter=a%3D'b'"),
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'an invalid page token',
      () => registry.get('/ard/agents?pageToken=x'),
      400,
      'INVALID_ARGUMENT',
    ],
    ['an invalid order', () => registry.get('/ard/agents?orderBy=load'), 400, 'INVALID_ARGUMENT'],
    ['another method', () => registry.request('PUT', '/ard/search'), 405, 'NOT_FOUND'],
    ['what it does not offer', () => registry.post('/ard/explore', { json: {} }), 404, 'NOT_FOUND'],
    [
      'another media type',
      () => registry.post('/ard/search', { body: 'x' }),
      415,
      'INVALID_ARGUMENT',
    ],
    ['a huge body', () => search({ query: { text: 'x'.repeat(70_000) } }), 413, 'INVALID_ARGUMENT'],
  ] as const)('answers %s in the words of ARD', async (_, call, status, errorCode) => {
    expectError(await call(), status, errorCode)
  })
})

test('each legal id of an agent makes a legal identifier, by which it is found', async () => {
  for (const label of ['a:b:c', 'x_1.2-3', `${'a'.repeat(200)}`, '..a']) {
    const { agent_id: id } = await registry.register({ agent_id: registry.newId(label) })
    const identifier = `urn:air:rollcall.localhost:agent:${id}`
    expect(identifier).toMatch(URN)
    expect((await lookUp(identifier)).json).toMatchObject({ identifier })
  }
})

test('the identifier of a publisher is kept, and the one of the registry is not used for its agent', async () => {
  const identifier = `urn:air:acme.example:agents:${registry.newId()}`
  const { agent_id: id } = await registry.register({ identifier })
  expect((await lookUp(identifier)).json).toMatchObject({ identifier })
  expect((await lookUp(identifier.toUpperCase())).status).toBe(400)
  expect((await lookUp(`urn:air:rollcall.localhost:agent:${id}`)).status).toBe(404)
})

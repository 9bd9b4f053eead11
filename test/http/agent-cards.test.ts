// The card of an agent over HTTP: as it was sent, and as clients of A2A read it.
import { describe, expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn } from './support/response.ts'

const registry = useRegistry()

/** A complete A2A 1.0 card, with what a program that keeps values instead of bytes would change. */
const TEXT = `{
  "name": "Researcher", "description": "Finds papers.", "version": "1.0",
  "supportedInterfaces": [
    {"url": "https://agents.example/r", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
  ],
  "capabilities": {}, "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
  "skills": [{"id": "find", "name": "Find", "description": "Reads \\u0065verything", "tags": ["papers"]}],
  "x-unknown": 1.0
}
`
const put = (id: string, body: string, headers: Record<string, string> = {}) =>
  registry.request('PUT', `/agents/${id}/card`, {
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
const read = (id: string, headers: Record<string, string> = {}) =>
  registry.request('GET', `/agents/${id}/card`, { headers })

describe('a card', () => {
  test('is returned byte for byte, with a strong ETag, however it was sent', async () => {
    const { agent_id: byPut } = await registry.register()
    expect((await put(byPut, TEXT)).json).toMatchObject({ has_card: true, format: 'a2a-1.0' })
    const json = registry.registration()
    const inRegistration = `${JSON.stringify(json).slice(0, -1)},"card":${TEXT}}`
    const body = { body: inRegistration, headers: { 'content-type': 'application/json' } }
    expect((await registry.post('/agents/register', body)).status).toBe(200)
    const { agent_id: asText } = await registry.register({ card: TEXT })
    const etags = new Set<string | null>()
    for (const id of [byPut, String(json.agent_id), asText]) {
      const card = await read(id)
      expect(card.text).toBe(id === json.agent_id ? TEXT.trim() : TEXT)
      expect(card.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(card.headers.get('etag')).toMatch(/^"[\w-]{43}"$/)
      etags.add(card.headers.get('etag'))
      expect((await registry.get(`/agents/${id}/.well-known/agent-card.json`)).text).toBe(card.text)
    }
    expect(etags.size).toBe(2)
  })

  test('is 304 for who has it, until it changes', async () => {
    const { agent_id: id } = await registry.register({ card: TEXT })
    const etag = (await read(id)).headers.get('etag') ?? ''
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await read(id, { 'if-none-match': known })
      expect([response.status, response.text]).toEqual([304, ''])
      expect(response.headers.get('etag')).toBe(etag)
      expect(response.headers.get('cache-control')).toContain('max-age')
    }
    await put(id, TEXT.replace('Finds', 'Reads'))
    expect((await read(id, { 'if-none-match': etag })).status).toBe(200)
  })

  test('is not in lists and events, which say that there is one', async () => {
    const { agent_id: id } = await registry.register({ card: TEXT })
    const path = `/agents/${id}`
    expect(agentIn(await registry.get(path))).toMatchObject({ has_card: true })
    for (const response of [await registry.get(path), await registry.get(`${path}/events`)]) {
      expect(response.text).toContain('"has_card":true')
      expect(response.text).not.toContain('x-unknown')
    }
    const { revision } = agentIn(await registry.get(path))
    const removed = await registry.delete(`${path}/card`)
    expect(removed.json).toMatchObject({ has_card: false, revision: revision + 1 })
    expect(agentIn(await registry.get(path))).not.toHaveProperty('has_card')
    const gone = await registry.get(`${path}/card`)
    expect([gone.status, gone.json]).toMatchObject([404, { code: 'CARD_NOT_FOUND' }])
  })

  test('is searched by each of its words, however often others are repeated', async () => {
    const skill = { id: 's', name: 'S', tags: ['t'], examples: ['Find the needle!'] }
    const skills = [{ ...skill, description: 'the same words again, '.repeat(100) }, skill]
    const { agent_id: id } = await registry.register({
      card: JSON.stringify({ ...JSON.parse(TEXT), skills }),
    })
    for (const [q, isFound] of [
      ['NEEDLE!', true],
      ['again,%20same', true],
      ['theneedle', false],
    ]) {
      const found = await registry.get(`/agents?agent_id=${id}&q=${q}`)
      expect(agentsIn(found), `${q}`).toHaveLength(isFound ? 1 : 0)
    }
  })

  test('of an agent that is unknown can be neither read nor set', async () => {
    const id = registry.newId('unknown')
    expect((await read(id)).json).toMatchObject({ code: 'AGENT_NOT_FOUND' })
    expect((await put(id, TEXT)).json).toMatchObject({ code: 'AGENT_NOT_FOUND' })
  })

  test('is changed only by its current instance, and at the given revision', async () => {
    const { agent_id: id } = await registry.register({ instance_id: 'b' })
    const refused = await put(id, TEXT, { 'rollcall-instance': 'a' })
    expect(refused.json).toMatchObject({ code: 'SUPERSEDED' })
    expect((await put(id, TEXT, { 'if-match': '"0"' })).json).toMatchObject({
      code: 'PRECONDITION_FAILED',
    })
    expect((await read(id)).status).toBe(404)
  })
})

describe('a registration by a card alone', () => {
  const registerCard = (card: unknown, more: object = {}) => {
    const agent_id = registry.newId('by-card')
    return registry.post('/agents/register', { json: { agent_id, card, ...more } })
  }

  test('takes name, address and skills from it', async () => {
    const response = await registerCard(TEXT)
    expect(response.status, response.text).toBe(200)
    expect(agentIn(response)).toMatchObject({
      agent_name: 'Researcher',
      description: 'Finds papers.',
      version: '1.0',
      url: 'https://agents.example/r',
      host: 'agents.example',
      port: 443,
      protocol: 'a2a',
      capabilities: ['find'],
      tags: ['papers'],
      has_card: true,
    })
    expect(response.json).not.toHaveProperty('warnings')
    const id = agentIn(response).agent_id
    const found = await registry.get(`/agents?agent_id=${id}&q=EVERYTHING&tag=papers`)
    expect(agentsIn(found)).toHaveLength(1)
  })

  test('is overridden by what the registration says, with a warning', async () => {
    const given = { agent_name: 'Mine', host: '10.0.0.9', port: 81, capabilities: [] }
    const response = await registerCard(TEXT, given)
    expect(agentIn(response)).toMatchObject({ ...given, url: 'https://agents.example/r' })
    expect(response.json).toMatchObject({
      warnings: [{ code: 'UNUSUAL_CARD', pointer: '/card/name' }],
    })
  })

  test('keeps its host out when the registration has a port of its own', async () => {
    const response = await registerCard(TEXT, { port: 81 })
    expect([response.status, response.json]).toMatchObject([
      422,
      { errors: [{ pointer: '/host' }] },
    ])
  })

  test('of 0.3 takes them from there', async () => {
    const card = { name: 'Old', url: 'http://[::1]:41/a', skills: [{ id: 'a b' }] }
    const response = await registerCard(card)
    expect(agentIn(response)).toMatchObject({ host: '[::1]', port: 41, capabilities: ['a b'] })
    const { warnings } = response.json as { warnings: { pointer: string }[] }
    expect(warnings.map(({ pointer }) => pointer)).toContain('/card/version')
  })

  test('that names no address needs one', async () => {
    const response = await registerCard({ name: 'No A2A card' })
    expect(response.status).toBe(422)
    expect(response.text).toContain('"/host"')
  })
})

describe('a client of A2A', () => {
  const OLD = { name: 'Old', url: 'http://10.0.0.7:8000', version: '1', skills: [] }
  const interfaces = ['1.0', '0.3'].map((protocolVersion) => ({
    url: `http://10.0.0.7/${protocolVersion}`,
    protocolBinding: 'JSONRPC',
    protocolVersion,
  }))
  const BOTH = { ...JSON.parse(TEXT), supportedInterfaces: interfaces }
  const ask = async (card: object, version?: string) => {
    const { agent_id: id } = await registry.register({ card })
    const headers: Record<string, string> = version ? { 'a2a-version': version } : {}
    const path = `/agents/${id}/.well-known/agent-card.json`
    return registry.request('GET', path, { headers })
  }

  test('of 1.0 gets a 0.3 card as one of 1.0', async () => {
    const { json, headers } = await ask(OLD, '1.0')
    expect(json).toMatchObject({ name: 'Old', supportedInterfaces: [{ url: OLD.url }] })
    expect(headers.get('vary')).toContain('A2A-Version')
  })

  test('of 0.3 gets a card of both with the members of 0.3', async () => {
    const { json } = await ask(BOTH)
    expect(json).toMatchObject({ ...BOTH, url: 'http://10.0.0.7/0.3', protocolVersion: '0.3.0' })
  })

  test.each([
    ['a signed 0.3 card', { ...OLD, signatures: [{ protected: 'a', signature: 'b' }] }, '1.0'],
    ['a 0.3 card for a client of 0.3', OLD, undefined],
    ['a card of both for a client of 1.0', BOTH, '1.0'],
    ['a card of 1.0 alone', JSON.parse(TEXT), undefined],
    ['what is no A2A card', { name: 'Other' }, '1.0'],
  ])('gets %s as it is', async (_name, card, version) => {
    expect((await ask(card, version)).text).toBe(JSON.stringify(card))
  })
})

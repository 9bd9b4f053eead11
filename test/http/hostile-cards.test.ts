// Cards that are made to hurt whoever reads them: clear errors, and nothing else happens.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const headers = { 'content-type': 'application/json' }

const A2A = '"name":"A","url":"http://10.0.0.7:8000"'
const nested = (depth: number) => `{${A2A},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`

/** Each with the pointers of its error, within the card. */
const HOSTILE: Readonly<Record<string, { card: string; pointers: readonly string[] }>> = {
  'is 64 KiB of nesting': { card: nested(32_000), pointers: [`/x${'/0'.repeat(63)}`] },
  'is nested one level too deep': { card: nested(64), pointers: [`/x${'/0'.repeat(63)}`] },
  'has a duplicate key': { card: `{${A2A},"name":"B"}`, pointers: ['/name'] },
  'has a duplicate key deep inside': {
    card: `{${A2A},"skills":[{"id":"a","id":"b"}]}`,
    pointers: ['/skills/0/id'],
  },
  'has a lone surrogate': { card: `{${A2A},"x":["\\ud800"]}`, pointers: ['/x/0'] },
  'has a key with a lone surrogate': { card: `{${A2A},"x":{"\\udc00":1}}`, pointers: ['/x'] },
  'has a number that no double holds': { card: `{${A2A},"x":1e999}`, pointers: ['/x'] },
  'has ten thousand skills that are no objects': {
    card: `{${A2A},"skills":[${Array(10_000).fill('1').join()}]}`,
    pointers: ['/skills/0'],
  },
  'has skills that are no objects': { card: `{${A2A},"skills":["a"]}`, pointers: ['/skills/0'] },
  'has a name that is a number': {
    card: '{"name":5,"url":"http://10.0.0.7"}',
    pointers: ['/name'],
  },
  'has no interface': {
    card: '{"name":"A","supportedInterfaces":[]}',
    pointers: ['/supportedInterfaces'],
  },
}

describe.each(Object.entries(HOSTILE))('a card that %s', (_name, { card, pointers }) => {
  test('is refused when it is set', async () => {
    const { agent_id: id } = await registry.register()
    const response = await registry.request('PUT', `/agents/${id}/card`, { body: card, headers })
    expectPointers(response, ...pointers)
    expect((await registry.get(`/agents/${id}/card`)).status).toBe(404)
  })

  test('is refused in a registration, as an object and as text', async () => {
    const json = registry.registration()
    const object = `${JSON.stringify(json).slice(0, -1)},"card":${card}}`
    for (const body of [object, JSON.stringify({ ...json, card })]) {
      const response = await registry.post('/agents/register', { body, headers })
      expectPointers(response, ...pointers.map((pointer) => `/card${pointer}`))
    }
    expect((await registry.get(`/agents/${json.agent_id}`)).status).toBe(404)
  })
})

describe('a card with the key __proto__', () => {
  const card = `{${A2A},"skills":[{"id":"a","\\u005f_proto__":{"polluted":true}}]}`

  test('is refused, and changes no prototype', async () => {
    const { agent_id: id } = await registry.register()
    const put = await registry.request('PUT', `/agents/${id}/card`, { body: card, headers })
    expectPointers(put, '/skills/0/__proto__')
    const json = registry.registration()
    const text = await registry.post('/agents/register', { json: { ...json, card } })
    expectPointers(text, '/card/skills/0/__proto__')
    const body = `${JSON.stringify(json).slice(0, -1)},"card":${card}}`
    expectProblem(await registry.post('/agents/register', { body, headers }), 'MALFORMED_JSON')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('what is no card', () => {
  test.each(['[]', '"text"', '1', 'true', 'null'])('such as %s is refused', async (body) => {
    const { agent_id: id } = await registry.register()
    expectPointers(await registry.request('PUT', `/agents/${id}/card`, { body, headers }), '')
  })

  test('is 400 if it is no JSON, and 413 if it is too large', async () => {
    const { agent_id: id } = await registry.register()
    const put = (body: string) => registry.request('PUT', `/agents/${id}/card`, { body, headers })
    expectProblem(await put(`{${A2A}`), 'MALFORMED_JSON')
    expectProblem(await put(`{${A2A},"x":"${'x'.repeat(65_536)}"}`), 'PAYLOAD_TOO_LARGE')
    const card = { name: 'A', x: 'x'.repeat(65_536) }
    const response = await registry.post('/agents/register', {
      json: registry.registration({ card }),
    })
    expectPointers(response, '/card')
  })
})

test('a card with two thousand skills is kept, and sixty-four of them are capabilities', async () => {
  const skills = Array.from({ length: 2000 }, (_, at) => ({ id: `s${at}`, name: `n${at}` }))
  const agent = await registry.register({ card: { name: 'A', url: 'http://10.0.0.7:1', skills } })
  expect(agent.capabilities).toHaveLength(64)
  expect(agent).toMatchObject({
    warnings: expect.arrayContaining([
      expect.objectContaining({ pointer: '/card/skills', message: expect.stringMatching('1936') }),
    ]),
  })
  expect((await registry.get(`/agents/${agent.agent_id}/card`)).json).toMatchObject({ skills })
})

test('a card with ten thousand skills that say nothing is kept, with a warning', async () => {
  const skills = Array(10_000).fill({})
  const card = { name: 'A', url: 'http://10.0.0.7:1', skills }
  const { agent_id: id, capabilities } = await registry.register({ card })
  expect(capabilities).toEqual([])
  const put = await registry.request('PUT', `/agents/${id}/card`, { json: card })
  expect(put.json).toMatchObject({ warnings: [{ message: 'is required' }] })
})

test('a card whose skills have control characters is kept as it is, and found by the words around them', async () => {
  const skills = [
    { id: 'a\0b', name: 'Nul\0tiple \u001b[31mred', tags: ['\0'], examples: ['\u2028'] },
  ]
  const card = JSON.stringify({ name: 'A\0', url: 'http://10.0.0.7:1', skills })
  const { agent_id: id, capabilities } = await registry.register()
  expect(capabilities).toEqual([])
  const put = await registry.request('PUT', `/agents/${id}/card`, { body: card, headers })
  expect(put.status).toBe(200)
  expect((await registry.get(`/agents/${id}/card`)).text).toBe(card)
  expect((await registry.get('/agents?q=tiple')).json).toMatchObject([{ agent_id: id }])
  const alone = { agent_id: `${id}-alone`, card }
  const registered = await registry.post('/agents/register', { json: alone })
  expect(registered.json).toMatchObject({ agent_name: 'A', capabilities: [] })
  expect((await registry.get(`/agents/${alone.agent_id}/card`)).text).toBe(card)
})

test('nothing that a card names is fetched', async () => {
  const asked: (string | undefined)[] = []
  const inside = createServer((request, response) => {
    asked.push(request.url)
    response.end('{}')
  })
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/inside`
    const signature = {
      protected: btoa(JSON.stringify({ alg: 'ES256', jku: url })),
      signature: 'a',
    }
    const card = { name: 'A', url, iconUrl: url, documentationUrl: url, signatures: [signature] }
    const { agent_id: id } = await registry.register({ card, card_url: url })
    for (const path of ['', '/card', '/.well-known/agent-card.json', '/events']) {
      expect((await registry.get(`/agents/${id}${path}`)).status).toBe(200)
    }
    expect(asked).toEqual([])
  } finally {
    inside.close()
    inside.closeAllConnections()
  }
})

import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()

/** Registers, beats, reads and deregisters under an id, written as in `path`. */
async function wholeLife(agent_id: string, path: string): Promise<void> {
  await registry.register({ agent_id })
  expect(agentIn(await registry.get(`/agents/${path}`)).agent_id).toBe(agent_id)
  expect(objectIn(await registry.post(`/agents/${path}/heartbeat`))).toMatchObject({ status: 'ok' })
  const report = await registry.post(`/agents/${path}/heartbeat`, { json: { load: 0.5 } })
  expect(objectIn(report)).toMatchObject({ status: 'ok' })
  expect(objectIn(await registry.delete(`/agents/${path}`))).toEqual({
    status: 'deleted',
    agent_id,
  })
  expectProblem(await registry.get(`/agents/${path}`), 'AGENT_NOT_FOUND')
}

describe('an id', () => {
  test('may have 255 characters', async () => {
    const id = registry.newId('long').padEnd(255, 'x')
    await wholeLife(id, id)
  })

  test('may have one character', async () => {
    await wholeLife('Z', 'Z')
  })

  test('may join segments by colons', async () => {
    const id = `team:${registry.newId('sub.team_1')}:x`
    await wholeLife(id, id)
  })

  test('may be percent-encoded in the address', async () => {
    const id = `team:${registry.newId()}:x`
    await wholeLife(id, id.replaceAll(':', '%3A'))
    await wholeLife(id, id.replaceAll(':', '%3a').replaceAll('-', '%2D'))
  })

  test('may be percent-encoded throughout, at its full length', async () => {
    const id = registry.newId('long').padEnd(255, 'x')
    const everyByte = [...Buffer.from(id)].map((byte) => `%${byte.toString(16)}`).join('')
    await wholeLife(id, everyByte)
  })

  test.each(['register', 'heartbeats', 'heartbeat', 'events', '__proto__', 'constructor', '...'])(
    'may be %s',
    (id) => wholeLife(id, id),
  )

  test('that differs only by case is another agent', async () => {
    const id = registry.newId('case')
    await registry.register({ agent_id: id, port: 1 })
    await registry.register({ agent_id: id.toUpperCase(), port: 2 })
    expect(agentIn(await registry.get(`/agents/${id}`)).port).toBe(1)
    expect(agentIn(await registry.get(`/agents/${id.toUpperCase()}`)).port).toBe(2)
    const ids = agentsIn(await registry.get('/agents')).map(({ agent_id }) => agent_id)
    expect(ids).toEqual(expect.arrayContaining([id, id.toUpperCase()]))
  })

  test('whose address a client would normalise away is refused', async () => {
    // `fetch` and browsers turn /agents/.. into /, escaped or not: nobody could reach them.
    for (const agent_id of ['.', '..']) {
      const json = registry.registration({ agent_id })
      expectPointers(await registry.post('/agents/register', { json }), '/agent_id')
    }
  })
})

const WRONG_IDS: Readonly<Record<string, string>> = {
  'of 256 characters': 'x'.repeat(256),
  'with a blank': 'a b',
  'with a slash': 'a/b',
  'with two colons in a row': 'a::b',
  'with a colon at its end': 'a:',
  'with a letter beyond ASCII': 'ä',
  'with a line feed at its end': 'a\n',
  'with a NUL': 'a\u0000',
  'with a percent sign': 'a%41',
}

describe.each(Object.entries(WRONG_IDS))('an id %s', (_name, agent_id) => {
  const path = `/agents/${encodeURIComponent(agent_id)}`

  test('cannot register', async () => {
    const json = registry.registration({ agent_id })
    expectPointers(await registry.post('/agents/register', { json }), '/agent_id')
  })

  test('is refused in an address', async () => {
    expectPointers(await registry.get(path), '/path/agent_id')
    expectPointers(await registry.delete(path), '/path/agent_id')
    expectPointers(await registry.post(`${path}/heartbeat`), '/path/agent_id')
  })

  test('is refused in a batch', async () => {
    const answer = await registry.post('/agents/heartbeats', { json: { agent_ids: [agent_id] } })
    expectPointers(answer, '/agent_ids/0')
  })
})

test('an empty id is refused as well', async () => {
  const json = registry.registration({ agent_id: '' })
  expectPointers(await registry.post('/agents/register', { json }), '/agent_id')
  expectProblem(await registry.get('/agents/'), 'ROUTE_NOT_FOUND')
})

import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()

/** Registers, sends a heartbeat, reads and deregisters under an id, written as in `path`. */
async function completeLifecycle(agent_id: string, path: string): Promise<void> {
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
    await completeLifecycle(id, id)
  })

  test('may have one character', async () => {
    await completeLifecycle('Z', 'Z')
  })

  test('may have segments joined by colons', async () => {
    const id = `team:${registry.newId('sub.team_1')}:x`
    await completeLifecycle(id, id)
  })

  test('may be percent-encoded in the URL', async () => {
    const id = `team:${registry.newId()}:x`
    await completeLifecycle(id, id.replaceAll(':', '%3A'))
    await completeLifecycle(id, id.replaceAll(':', '%3a').replaceAll('-', '%2D'))
  })

  test('may be percent-encoded entirely, at its full length', async () => {
    const id = registry.newId('long').padEnd(255, 'x')
    const everyByte = [...Buffer.from(id)].map((byte) => `%${byte.toString(16)}`).join('')
    await completeLifecycle(id, everyByte)
  })

  test.each(['register', 'heartbeats', 'heartbeat', 'events', '__proto__', 'constructor', '...'])(
    'may be %s',
    (id) => completeLifecycle(id, id),
  )

  test('that differs only in case is another agent', async () => {
    const id = registry.newId('case')
    await registry.register({ agent_id: id, port: 1 })
    await registry.register({ agent_id: id.toUpperCase(), port: 2 })
    expect(agentIn(await registry.get(`/agents/${id}`)).port).toBe(1)
    expect(agentIn(await registry.get(`/agents/${id.toUpperCase()}`)).port).toBe(2)
    const ids = agentsIn(await registry.get('/agents')).map(({ agent_id }) => agent_id)
    expect(ids).toEqual(expect.arrayContaining([id, id.toUpperCase()]))
  })

  test('that a client would normalize away in a path is rejected', async () => {
    // `fetch` and browsers turn /agents/.. into /, escaped or not: the agent would be unreachable.
    for (const agent_id of ['.', '..']) {
      const json = registry.registration({ agent_id })
      expectPointers(await registry.post('/agents/register', { json }), '/agent_id')
    }
  })
})

const INVALID_IDS: Readonly<Record<string, string>> = {
  'of 256 characters': 'x'.repeat(256),
  'with a space': 'a b',
  'with a slash': 'a/b',
  'with consecutive colons': 'a::b',
  'with a trailing colon': 'a:',
  'with a letter beyond ASCII': 'ä',
  'with a trailing line feed': 'a\n',
  'with a NUL': 'a\u0000',
  'with a percent sign': 'a%41',
}

describe.each(Object.entries(INVALID_IDS))('an id %s', (_name, agent_id) => {
  const path = `/agents/${encodeURIComponent(agent_id)}`

  test('cannot register', async () => {
    const json = registry.registration({ agent_id })
    expectPointers(await registry.post('/agents/register', { json }), '/agent_id')
  })

  test('is rejected in a path', async () => {
    expectPointers(await registry.get(path), '/path/agent_id')
    expectPointers(await registry.delete(path), '/path/agent_id')
    expectPointers(await registry.post(`${path}/heartbeat`), '/path/agent_id')
  })

  test('is rejected in a batch', async () => {
    const response = await registry.post('/agents/heartbeats', { json: { agent_ids: [agent_id] } })
    expectPointers(response, '/agent_ids/0')
  })
})

test('an empty id is rejected as well', async () => {
  const json = registry.registration({ agent_id: '' })
  expectPointers(await registry.post('/agents/register', { json }), '/agent_id')
  expectProblem(await registry.get('/agents/'), 'ROUTE_NOT_FOUND')
})

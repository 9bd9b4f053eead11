// Two processes that register one agent, over the wire.
import type { Agent } from '@rollcall/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { RawConnection, rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, objectIn } from './support/response.ts'

const registry = useRegistry()

/** An agent that `old` has registered, and then `new`. */
let agent: Agent
const read = async () => agentIn(await registry.get(`/agents/${agent.agent_id}`))
const as = (instance: string) => ({ headers: { 'Rollcall-Instance': instance } })
const path = () => `/agents/${agent.agent_id}/heartbeat`

beforeEach(async () => {
  const { agent_id } = await registry.register({ instance_id: 'old' })
  await registry.register({ agent_id, instance_id: 'new' })
  agent = agentIn(await registry.get(`/agents/${agent_id}`))
})

/** The ways to send a heartbeat, which must not differ: without a body it bypasses the framework. */
const HEARTBEATS = {
  'a plain heartbeat': { more: '', body: '' },
  'a heartbeat with a report': {
    more: 'Content-Type: application/json\r\nContent-Length: 12\r\n',
    body: '{"load":0.5}',
  },
  'a heartbeat with a revision': { more: 'If-Match: *\r\n', body: '' },
}

describe.each(Object.entries(HEARTBEATS))('%s', (_name, { more, body }) => {
  const request = (header: string) =>
    `POST ${path()} HTTP/1.1\r\nHost: x\r\n${header}${more}\r\n${body}`
  const send = (header: string) => rawExchange(registry.baseUrl, request(header))

  test('of the current instance renews', async () => {
    expect((await send('Rollcall-Instance: new\r\n')).status).toBe(200)
    expect((await read()).last_heartbeat >= agent.last_heartbeat).toBe(true)
  })

  test('without an instance renews, as it always did', async () => {
    expect((await send('')).status).toBe(200)
  })

  test('of an older instance is refused with the current incarnation, and changes nothing', async () => {
    const problem = expectProblem(await send('Rollcall-Instance: old\r\n'), 'SUPERSEDED')
    expect(problem.incarnation).toBe(2)
    expect(problem.detail).toContain('the current one is new, this is old')
    expect(await read()).toEqual(agent)
  })

  test('of an instance for an agent that was registered without one is refused', async () => {
    await registry.register({ agent_id: agent.agent_id })
    const problem = expectProblem(await send('Rollcall-Instance: new\r\n'), 'SUPERSEDED')
    expect(problem.incarnation).toBe(3)
  })

  test.each([
    ['with a space', 'Rollcall-Instance: a b\r\n'],
    ['empty', 'Rollcall-Instance:\r\n'],
    ['too long', `Rollcall-Instance: ${'x'.repeat(129)}\r\n`],
    ['twice', 'Rollcall-Instance: new\r\nRollcall-Instance: new\r\n'],
  ])('is rejected with an invalid instance: %s', async (_what, header) => {
    expectPointers(await send(header), '/header/Rollcall-Instance')
    expect(await read()).toEqual(agent)
  })

  test('pipelined from both instances is answered in order', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    const headers = ['new', 'old', 'new', 'old', 'a b'].map((it) => `Rollcall-Instance: ${it}\r\n`)
    connection.send([...headers, ''].map(request).join(''))
    const statuses: number[] = []
    for (let sent = 0; sent <= headers.length; sent++) {
      statuses.push((await connection.answer()).status)
    }
    expect(statuses).toEqual([200, 409, 200, 409, 422, 200])
  })
})

describe('a batch', () => {
  const send = async (json: object) => objectIn(await registry.post('/agents/heartbeats', { json }))

  test('names the agents that another instance has registered', async () => {
    const other = await registry.register({ instance_id: 'old' })
    const agent_ids = [agent.agent_id, other.agent_id]
    expect(await send({ agent_ids, instance_id: 'old' })).toMatchObject({
      ok: 1,
      unknown: [],
      superseded: [agent.agent_id],
    })
    expect(await read()).toEqual(agent)
  })

  test('may have an instance for each entry, which precedes that of the batch', async () => {
    const { agent_id } = agent
    const heartbeats = [{ agent_id, instance_id: 'new', status: 'busy' }]
    const outcome = await send({ heartbeats, instance_id: 'old' })
    expect(outcome).toMatchObject({ ok: 1 })
    expect(outcome).not.toHaveProperty('superseded')
    expect(await read()).toMatchObject({ status: 'busy' })
  })

  test('without instances renews, as it always did', async () => {
    expect(await send({ agent_ids: [agent.agent_id] })).toMatchObject({ ok: 1, unknown: [] })
  })

  test.each([
    [{ agent_ids: [], instance_id: 'a b' }, '/instance_id'],
    [{ heartbeats: [{ agent_id: 'a', instance_id: '' }] }, '/heartbeats/0/instance_id'],
  ])('with an invalid instance is rejected: %j', async (json, pointer) => {
    expectPointers(await registry.post('/agents/heartbeats', { json }), pointer)
  })
})

describe('deregistering', () => {
  const remove = (instance: string) => registry.delete(`/agents/${agent.agent_id}`, as(instance))

  test('an older instance removes nothing', async () => {
    expect(expectProblem(await remove('old'), 'SUPERSEDED').incarnation).toBe(2)
    expect(await read()).toEqual(agent)
  })

  test('the current instance removes the agent', async () => {
    expect((await remove('new')).status).toBe(200)
    expectProblem(await remove('new'), 'AGENT_NOT_FOUND')
  })

  test('an invalid instance is rejected', async () => {
    expectPointers(await remove('a b'), '/header/Rollcall-Instance')
    expect(await read()).toEqual(agent)
  })
})

test('a registration by another instance takes over: the whole truth, and one more incarnation', async () => {
  const { agent_id } = agent
  await registry.post(path(), { json: { status: 'draining', load: 1 } })
  const third = await registry.register({ agent_id, instance_id: 'third', host: '10.0.0.9' })
  expect(third).toMatchObject({ status: 'ready', load: null, incarnation: 3 })
  const { json } = await registry.get(`/agents/${agent_id}/events`)
  const last = (json as { type: string; reason: string }[]).at(-1)
  expect(last).toMatchObject({ type: 'replaced' })
  expect(last?.reason).toContain(
    'instance third at http://10.0.0.9:8000 takes over from instance new at http://10.0.0.7:8000',
  )
})

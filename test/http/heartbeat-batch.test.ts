import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, objectIn } from './support/response.ts'

const registry = useRegistry()
const PATH = '/agents/heartbeats'

/** Ids of maximum length, so that the largest batch also has the largest body. */
const longIds = (count: number) =>
  Array.from({ length: count }, (_, index) => `x${index}-`.padEnd(255, 'x'))

describe('a batch of heartbeats', () => {
  test('of bare ids renews known agents and names unknown ones', async () => {
    const known = await Promise.all([registry.register(), registry.register()])
    const ids = known.map(({ agent_id }) => agent_id)
    const unknown = [registry.newId('unknown'), registry.newId('unknown')]
    await new Promise((resolve) => setTimeout(resolve, 20))
    const agent_ids = [unknown[0], ids[0], unknown[1], ids[1]]
    const receipt = objectIn(await registry.post(PATH, { json: { agent_ids } }))
    expect(receipt).toEqual({ ok: 2, unknown, revision: expect.any(Number) })
    for (const before of known) {
      const after = agentIn(await registry.get(`/agents/${before.agent_id}`))
      expect(after.last_heartbeat > before.last_heartbeat).toBe(true)
    }
  })

  test('with reports sets status and load of each agent', async () => {
    const [a, b] = await Promise.all([registry.register(), registry.register()])
    const unknown = registry.newId('unknown')
    const heartbeats = [
      { agent_id: a.agent_id, status: 'busy', load: 1 },
      { agent_id: unknown, status: 'busy' },
      { agent_id: b.agent_id },
    ]
    const receipt = objectIn(await registry.post(PATH, { json: { heartbeats } }))
    expect(receipt).toMatchObject({ ok: 2, unknown: [unknown] })
    const read = async (id: string) => agentIn(await registry.get(`/agents/${id}`))
    expect(await read(a.agent_id)).toMatchObject({ status: 'busy', load: 1 })
    expect(await read(b.agent_id)).toMatchObject({ status: 'ready', load: null })
  })

  test('returns the revision of the registry after it', async () => {
    const { agent_id, revision } = await registry.register()
    const heartbeats = [{ agent_id, status: 'draining' }]
    const receipt = objectIn(await registry.post(PATH, { json: { heartbeats } }))
    expect(receipt.revision).toBeGreaterThan(revision)
    const agent = agentIn(await registry.get(`/agents/${agent_id}`))
    expect(agent.revision).toBeLessThanOrEqual(Number(receipt.revision))
  })

  test('may be empty, in either form', async () => {
    for (const json of [{ agent_ids: [] }, { heartbeats: [] }]) {
      expect(objectIn(await registry.post(PATH, { json }))).toMatchObject({ ok: 0, unknown: [] })
    }
  })

  test('counts a repeated agent each time, and applies its last report', async () => {
    const { agent_id } = await registry.register()
    const heartbeats = [
      { agent_id, status: 'busy' },
      { agent_id, status: 'draining' },
    ]
    const receipt = objectIn(await registry.post(PATH, { json: { heartbeats } }))
    expect(receipt).toMatchObject({ ok: 2, unknown: [] })
    expect(agentIn(await registry.get(`/agents/${agent_id}`)).status).toBe('draining')
  })
})

describe('10 000 heartbeats', () => {
  test('may be ids of maximum length in one batch', async () => {
    const agent_ids = longIds(10_000)
    const receipt = objectIn(await registry.post(PATH, { json: { agent_ids } }))
    expect(receipt).toMatchObject({ ok: 0 })
    expect(receipt.unknown).toEqual(agent_ids)
  })

  test('may be reports of maximum length in one batch', async () => {
    const heartbeats = longIds(10_000).map((agent_id) => ({
      agent_id,
      status: 'draining',
      load: 0.123456789012345,
    }))
    expect(objectIn(await registry.post(PATH, { json: { heartbeats } }))).toMatchObject({ ok: 0 })
  })

  test('and one more are rejected, in either form', async () => {
    const agent_ids = Array.from({ length: 10_001 }, (_, index) => `id-${index}`)
    expectPointers(await registry.post(PATH, { json: { agent_ids } }), '/agent_ids')
    const heartbeats = agent_ids.map((agent_id) => ({ agent_id }))
    expectPointers(await registry.post(PATH, { json: { heartbeats } }), '/heartbeats')
  })
})

describe('a batch is rejected', () => {
  const id = 'a'
  test.each([
    ['with an invalid id', { agent_ids: [id, 7] }, '/agent_ids/1'],
    ['with a heartbeat without an id', { heartbeats: [{}] }, '/heartbeats/0/agent_id'],
    ['with an invalid report', { heartbeats: [{ agent_id: id, load: 2 }] }, '/heartbeats/0/load'],
    ['with an unknown field', { heartbeats: [{ agent_id: id, x: 1 }] }, '/heartbeats/0/x'],
    ['that is a bare list', [id], ''],
    ['without either list', {}, ''],
    ['with both lists', { agent_ids: [id], heartbeats: [] }, ''],
  ])('%s', async (_name, json, pointer) => {
    expectPointers(await registry.post(PATH, { json }), pointer)
  })

  test('as a whole: with one invalid entry, no agent is renewed', async () => {
    const { agent_id, last_heartbeat } = await registry.register()
    await registry.post(PATH, { json: { agent_ids: [agent_id, 'not an id'] } })
    const after = agentIn(await registry.get(`/agents/${agent_id}`))
    expect(after.last_heartbeat).toBe(last_heartbeat)
  })

  test('when it has no body', async () => {
    expectProblem(await registry.post(PATH), 'VALIDATION_FAILED')
  })
})

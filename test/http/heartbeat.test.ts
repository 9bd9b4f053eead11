import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, objectIn, TIMESTAMP } from './support/response.ts'

const registry = useRegistry()
const json = { 'content-type': 'application/json' }

describe('a heartbeat', () => {
  test('returns exactly what a client needs for the next one', async () => {
    const { agent_id, revision } = await registry.register({ ttl_seconds: 100 })
    const receipt = objectIn(await registry.post(`/agents/${agent_id}/heartbeat`))
    expect(receipt).toEqual({
      status: 'ok',
      last_heartbeat: expect.stringMatching(TIMESTAMP),
      expires_at: expect.stringMatching(TIMESTAMP),
      ttl_seconds: 100,
      heartbeat_interval_seconds: 33.333,
      revision,
    })
    const lease =
      Date.parse(String(receipt.expires_at)) - Date.parse(String(receipt.last_heartbeat))
    expect(lease).toBe(100_000)
  })

  test('renews the lease of the agent, and shows in the next read', async () => {
    const before = await registry.register()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const receipt = objectIn(await registry.post(`/agents/${before.agent_id}/heartbeat`))
    const after = agentIn(await registry.get(`/agents/${before.agent_id}`))
    expect(after.last_heartbeat).toBe(receipt.last_heartbeat)
    expect(after.expires_at).toBe(receipt.expires_at)
    expect(after.last_heartbeat > before.last_heartbeat).toBe(true)
    expect(after.registered_at).toBe(before.registered_at)
  })

  test('reports status and load', async () => {
    const { agent_id } = await registry.register()
    await registry.post(`/agents/${agent_id}/heartbeat`, { json: { status: 'busy', load: 0.9 } })
    const agent = agentIn(await registry.get(`/agents/${agent_id}`))
    expect(agent).toMatchObject({ status: 'busy', load: 0.9 })
  })

  test('leaves unreported fields unchanged', async () => {
    const { agent_id } = await registry.register({ status: 'busy', load: 0.5 })
    await registry.post(`/agents/${agent_id}/heartbeat`)
    await registry.post(`/agents/${agent_id}/heartbeat`, { json: {} })
    const agent = agentIn(await registry.get(`/agents/${agent_id}`))
    expect(agent).toMatchObject({ status: 'busy', load: 0.5 })
  })

  test('changes the revision only when the status changes', async () => {
    const { agent_id, revision } = await registry.register()
    const path = `/agents/${agent_id}/heartbeat`
    const revisionAfter = async (report?: object) =>
      objectIn(await registry.post(path, report && { json: report })).revision
    expect(await revisionAfter()).toBe(revision)
    expect(await revisionAfter({ load: 0.7 })).toBe(revision)
    expect(await revisionAfter({ status: 'ready' })).toBe(revision)
    expect(await revisionAfter({ status: 'draining' })).toBeGreaterThan(revision)
  })

  test('with an empty body has no report, whatever its content type', async () => {
    const { agent_id } = await registry.register()
    // curl -d '' declares its empty body as a form; others declare text or bytes.
    for (const type of [
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/octet-stream',
    ]) {
      const headers = { 'content-type': type }
      const beat = await registry.post(`/agents/${agent_id}/heartbeat`, { headers })
      expect(objectIn(beat), type).toMatchObject({ status: 'ok' })
    }
  })
})

describe('a heartbeat of an unknown agent', () => {
  test('is 404, and asks the agent to register again', async () => {
    const response = await registry.post(`/agents/${registry.newId()}/heartbeat`)
    expect(expectProblem(response, 'AGENT_NOT_FOUND').detail).toMatch(/register/)
  })

  test('is 404 with a report as well', async () => {
    const path = `/agents/${registry.newId()}/heartbeat`
    expectProblem(await registry.post(path, { json: { load: 0 } }), 'AGENT_NOT_FOUND')
    expectProblem(await registry.post(path, { headers: json }), 'AGENT_NOT_FOUND')
  })

  test('is 404 when an empty body is declared as a form', async () => {
    // With any other status, an agent that uses `curl -d ''` would never learn that it must
    // register.
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await registry.post(`/agents/${registry.newId()}/heartbeat`, { headers })
    expectProblem(response, 'AGENT_NOT_FOUND')
  })

  test('registers no agent', async () => {
    const agent_id = registry.newId()
    await registry.post(`/agents/${agent_id}/heartbeat`)
    expectProblem(await registry.get(`/agents/${agent_id}`), 'AGENT_NOT_FOUND')
  })
})

test('a body of null counts as empty, as clients of some languages send it', async () => {
  const { agent_id } = await registry.register()
  const response = await registry.post(`/agents/${agent_id}/heartbeat`, { json: null })
  expect(response.status).toBe(200)
  expect((await registry.post('/agents/cleanup', { json: null })).status).toBe(200)
  expectPointers(await registry.post('/agents/register', { json: null }), '')
})

describe('a report is rejected', () => {
  test.each([
    ['a load above 1', { load: 1.0001 }, ['/load']],
    ['a load below 0', { load: -0.1 }, ['/load']],
    ['a load as a string', { load: '0.5' }, ['/load']],
    ['a load of null', { load: null }, ['/load']],
    ['an unknown status', { status: 'asleep' }, ['/status']],
    ['the status that only the registry sets', { status: 'expired' }, ['/status']],
    ['an unknown field', { mood: 'fine' }, ['/mood']],
    ['several mistakes at once', { status: 1, load: 2, x: 3 }, ['/status', '/load', '/x']],
    ['an array', [], ['']],
  ])('%s', async (_name, report, pointers) => {
    const { agent_id, last_heartbeat } = await registry.register()
    const response = await registry.post(`/agents/${agent_id}/heartbeat`, { json: report })
    expectPointers(response, ...pointers)
    const agent = agentIn(await registry.get(`/agents/${agent_id}`))
    expect(agent.last_heartbeat, 'a rejected heartbeat renews nothing').toBe(last_heartbeat)
  })
})

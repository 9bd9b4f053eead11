import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { objectIn } from './support/response.ts'

const registry = useRegistry()

describe('deregistering', () => {
  test('returns the id, and the agent is removed', async () => {
    const { agent_id } = await registry.register()
    const response = await registry.delete(`/agents/${agent_id}`)
    expect(objectIn(response)).toEqual({ status: 'deleted', agent_id })
    expectProblem(await registry.get(`/agents/${agent_id}`), 'AGENT_NOT_FOUND')
    expectProblem(await registry.post(`/agents/${agent_id}/heartbeat`), 'AGENT_NOT_FOUND')
  })

  test('is 404 the second time', async () => {
    const { agent_id } = await registry.register()
    await registry.delete(`/agents/${agent_id}`)
    expectProblem(await registry.delete(`/agents/${agent_id}`), 'AGENT_NOT_FOUND')
  })

  test('succeeds once when sent many times at once', async () => {
    const { agent_id } = await registry.register()
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => registry.delete(`/agents/${agent_id}`)),
    )
    expect(responses.map(({ status }) => status).toSorted()).toEqual([200, ...Array(19).fill(404)])
  })

  test('deletes the record: an agent that registers again is new', async () => {
    const first = await registry.register({ status: 'busy', load: 1 })
    await registry.delete(`/agents/${first.agent_id}`)
    const again = await registry.register({ agent_id: first.agent_id })
    expect(again).toMatchObject({ status: 'ready', load: null })
    expect(again.registered_at >= first.registered_at).toBe(true)
    expect(again.revision).toBeGreaterThan(first.revision + 1)
  })

  test('accepts a body, which some clients send', async () => {
    const { agent_id } = await registry.register()
    const response = await registry.delete(`/agents/${agent_id}`, { json: {} })
    expect(response.status).toBe(200)
  })
})

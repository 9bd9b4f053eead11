import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { objectIn } from './support/response.ts'

const registry = useRegistry()

describe('deregistering', () => {
  test('is answered with the id, and the agent is gone', async () => {
    const { agent_id } = await registry.register()
    const answer = await registry.delete(`/agents/${agent_id}`)
    expect(objectIn(answer)).toEqual({ status: 'deleted', agent_id })
    expectProblem(await registry.get(`/agents/${agent_id}`), 'AGENT_NOT_FOUND')
    expectProblem(await registry.post(`/agents/${agent_id}/heartbeat`), 'AGENT_NOT_FOUND')
  })

  test('twice is 404 the second time', async () => {
    const { agent_id } = await registry.register()
    await registry.delete(`/agents/${agent_id}`)
    expectProblem(await registry.delete(`/agents/${agent_id}`), 'AGENT_NOT_FOUND')
  })

  test('many times at once succeeds once', async () => {
    const { agent_id } = await registry.register()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => registry.delete(`/agents/${agent_id}`)),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(19).fill(404)])
  })

  test('forgets: whoever comes back under the id is new', async () => {
    const first = await registry.register({ status: 'busy', load: 1 })
    await registry.delete(`/agents/${first.agent_id}`)
    const again = await registry.register({ agent_id: first.agent_id })
    expect(again).toMatchObject({ status: 'ready', load: null })
    expect(again.registered_at >= first.registered_at).toBe(true)
    expect(again.revision).toBeGreaterThan(first.revision + 1)
  })

  test('does not mind a body, which some clients send along', async () => {
    const { agent_id } = await registry.register()
    const answer = await registry.delete(`/agents/${agent_id}`, { json: {} })
    expect(answer.status).toBe(200)
  })
})

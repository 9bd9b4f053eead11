// If-Match: a change is made only if the agent has not changed since it was read.
import type { Agent } from '@rollcall/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn } from './support/response.ts'

const registry = useRegistry()
let agent: Agent
beforeEach(async () => {
  const { agent_id } = await registry.register()
  agent = agentIn(await registry.get(`/agents/${agent_id}`))
})

const CHANGES = {
  heartbeat: (headers: Record<string, string>) =>
    registry.post(`/agents/${agent.agent_id}/heartbeat`, { headers }),
  'report of a status': (headers: Record<string, string>) =>
    registry.post(`/agents/${agent.agent_id}/heartbeat`, { json: { status: 'busy' }, headers }),
  deregistration: (headers: Record<string, string>) =>
    registry.delete(`/agents/${agent.agent_id}`, { headers }),
}

describe.each(Object.entries(CHANGES))('a %s', (_name, change) => {
  test.each([
    ['in quotes', (revision: number) => `"${revision}"`],
    ['bare', (revision: number) => String(revision)],
    ['*, which any agent has', () => '*'],
  ])('is made at the revision of the agent: %s', async (_form, header) => {
    expect((await change({ 'If-Match': header(agent.revision) })).status).toBe(200)
  })

  test.each([
    ['an older one', (revision: number) => `"${revision - 1}"`],
    ['a later one', (revision: number) => `"${revision + 1}"`],
  ])('is refused at another revision: %s', async (_which, header) => {
    const problem = expectProblem(
      await change({ 'If-Match': header(agent.revision) }),
      'PRECONDITION_FAILED',
    )
    expect(problem.detail).toContain(`is at revision ${agent.revision}`)
    expect(agentIn(await registry.get(`/agents/${agent.agent_id}`))).toEqual(agent)
  })

  test.each([
    '"1',
    '1, 2',
    '"1", "2"',
    'W/"1"',
    '-1',
    '"abc"',
    '"1.5"',
    '""',
    '"1234567890123456"',
  ])('is rejected with anything else: %s', async (value) => {
    expectPointers(await change({ 'If-Match': value }), '/header/If-Match')
    expect(agentIn(await registry.get(`/agents/${agent.agent_id}`))).toEqual(agent)
  })

  test('is made without a condition', async () => {
    expect((await change({})).status).toBe(200)
  })
})

test('of two deregistrations at one revision, one is made and the other finds nothing', async () => {
  const headers = { 'If-Match': `"${agent.revision}"` }
  const answers = await Promise.all([
    CHANGES.deregistration(headers),
    CHANGES.deregistration(headers),
  ])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404])
})

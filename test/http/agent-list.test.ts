import { describe, expect, test } from 'vitest'
import { expectPointers } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn } from './support/response.ts'

const registry = useRegistry()

test('the list is a JSON array of every live agent, as a single read shows it', async () => {
  const { agent_id } = await registry.register({ metadata: { a: 1 }, capabilities: ['search'] })
  const response = await registry.get('/agents')
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const listed = agentsIn(response).filter((agent) => agent.agent_id === agent_id)
  expect(listed).toEqual([agentIn(await registry.get(`/agents/${agent_id}`))])
})

test('the list is sorted by agent_id, byte by byte', async () => {
  const base = registry.newId('sort')
  const ids = ['z', 'a', 'B', '_', '-', '.', '0', '10', '2', 'a:b', 'a.b'].map((s) => `${base}${s}`)
  for (const agent_id of ids) await registry.register({ agent_id })
  const listed = agentsIn(await registry.get('/agents')).map(({ agent_id }) => agent_id)
  expect(listed.filter((id) => id.startsWith(base))).toEqual(ids.toSorted())
  expect(listed).toEqual(listed.toSorted())
})

test('a deregistered agent is in no list', async () => {
  const { agent_id } = await registry.register()
  await registry.delete(`/agents/${agent_id}`)
  const listed = agentsIn(await registry.get('/agents?include_dead=true'))
  expect(listed.map((agent) => agent.agent_id)).not.toContain(agent_id)
})

describe('include_dead', () => {
  test.each(['true', 'false', 'TRUE', 'False', '1', '0'])('may be %s', async (word) => {
    agentsIn(await registry.get(`/agents?include_dead=${word}`))
  })

  test.each(['yes', '', '2', 'true&include_dead=false', 'true&include_dead=true'])(
    'may not be "%s"',
    async (word) => {
      expectPointers(await registry.get(`/agents?include_dead=${word}`), '/query/include_dead')
    },
  )
})

test.each(['includeDead', 'x', '__proto__', 'constructor', 'toString'])(
  'the unknown parameter %s is rejected instead of ignored',
  async (name) => {
    expectPointers(await registry.get(`/agents?${name}=true`), `/query/${name}`)
  },
)

import { describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'position')

describe.each(['/agents', '/events', '/sd/prometheus'])(
  '%s reports the position of the registry',
  (path) => {
    test('as the branch and a revision of it', async () => {
      const agent = await fleet.register('a', { version: `of ${path}` })
      const { headers } = await registry.get(`${path}?${fleet.query()}`)
      const health = objectIn(await registry.get('/health'))
      expect(headers.get('x-registry-epoch')).toBe(health.branch)
      const revision = Number(headers.get('x-registry-revision'))
      expect(revision).toBeGreaterThanOrEqual(agent.revision)
      expect(revision).toBeLessThanOrEqual(Number(health.revision))
    })

    test('also in the response to HEAD', async () => {
      const { headers } = await registry.request('HEAD', `${path}?${fleet.query()}`)
      expect(headers.get('x-registry-revision')).toMatch(/^\d+$/)
      expect(headers.get('x-registry-epoch')).toMatch(/./)
    })
  },
)

test('a list and the events since its revision add up to the later list', async () => {
  for (const label of ['a', 'b', 'c']) await fleet.register(label)
  const response = await registry.get(`/agents?${fleet.query()}`)
  await fleet.deregister('a')
  await fleet.register('d')
  await fleet.report('b', { status: 'busy' })
  const since = response.headers.get('x-registry-revision')
  const { json } = await registry.get(`/events?since=${since}&${fleet.query()}`)
  const events = json as { type: string; agent_id: string }[]
  expect(events.map((event) => `${event.type} ${fleet.label(event)}`)).toEqual([
    'deregistered a',
    'registered d',
    'updated b',
  ])
})

describe('the ETag of a filtered list', () => {
  test('avoids sending an unchanged list', async () => {
    const path = `/agents?${fleet.query('status=ready')}`
    const first = await registry.get(path)
    const headers = { 'if-none-match': String(first.headers.get('etag')) }
    const again = await registry.get(path, { headers })
    expect(again).toMatchObject({ status: 304, text: '' })
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
  })

  test('changes when an agent enters or leaves', async () => {
    const path = `/agents?${fleet.query('status=draining')}`
    const first = await registry.get(path)
    expect(agentsIn(first)).toEqual([])
    await fleet.report('d', { status: 'draining' })
    const headers = { 'if-none-match': String(first.headers.get('etag')) }
    expect(fleet.labels(agentsIn(await registry.get(path, { headers })))).toEqual(['d'])
  })

  test('changes at once when the lease of a listed agent lapses', async () => {
    const { agent_id } = await fleet.register('short', { ttl_seconds: 1 })
    const path = `/agents?q=${agent_id}`
    let etag = ''
    let listed: unknown = [agent_id]
    while (Array.isArray(listed) && listed.length > 0) {
      const response = await registry.get(path, { headers: { 'if-none-match': etag } })
      // A client with the list must get the change; otherwise the loop would never end.
      if (response.status === 200) listed = response.json
      etag = response.headers.get('etag') ?? etag
    }
    expect(listed).toEqual([])
  })
})

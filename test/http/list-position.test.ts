import { describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'position')

describe.each(['/agents', '/events', '/sd/prometheus'])(
  '%s says where the registry stood',
  (path) => {
    test('by the epoch and a revision of it', async () => {
      const agent = await fleet.register('a', { version: `of ${path}` })
      const { headers } = await registry.get(`${path}?${fleet.query()}`)
      const health = objectIn(await registry.get('/health'))
      expect(headers.get('x-registry-epoch')).toBe(health.epoch)
      const revision = Number(headers.get('x-registry-revision'))
      expect(revision).toBeGreaterThanOrEqual(agent.revision)
      expect(revision).toBeLessThanOrEqual(Number(health.revision))
    })

    test('also in the answer to HEAD', async () => {
      const { headers } = await registry.request('HEAD', `${path}?${fleet.query()}`)
      expect(headers.get('x-registry-revision')).toMatch(/^\d+$/)
      expect(headers.get('x-registry-epoch')).toMatch(/./)
    })
  },
)

test('a list and the events since its revision are the list of later', async () => {
  for (const label of ['a', 'b', 'c']) await fleet.register(label)
  const answer = await registry.get(`/agents?${fleet.query()}`)
  await fleet.deregister('a')
  await fleet.register('d')
  await fleet.report('b', { status: 'busy' })
  const since = answer.headers.get('x-registry-revision')
  const { json } = await registry.get(`/events?since=${since}&${fleet.query()}`)
  const told = json as { type: string; agent_id: string }[]
  expect(told.map((event) => `${event.type} ${fleet.label(event)}`)).toEqual([
    'deregistered a',
    'registered d',
    'updated b',
  ])
})

describe('the ETag of a list with conditions', () => {
  test('spares the reader what has not changed', async () => {
    const path = `/agents?${fleet.query('status=ready')}`
    const first = await registry.get(path)
    const headers = { 'if-none-match': String(first.headers.get('etag')) }
    const again = await registry.get(path, { headers })
    expect(again).toMatchObject({ status: 304, text: '' })
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
  })

  test('moves when an agent enters or leaves', async () => {
    const path = `/agents?${fleet.query('status=draining')}`
    const first = await registry.get(path)
    expect(agentsIn(first)).toEqual([])
    await fleet.report('d', { status: 'draining' })
    const headers = { 'if-none-match': String(first.headers.get('etag')) }
    expect(fleet.labels(agentsIn(await registry.get(path, { headers })))).toEqual(['d'])
  })

  test('moves at once when a lease lapses that it is about', async () => {
    const { agent_id } = await fleet.register('short', { ttl_seconds: 1 })
    const path = `/agents?q=${agent_id}`
    let etag = ''
    let listed: unknown = [agent_id]
    while (Array.isArray(listed) && listed.length > 0) {
      const answer = await registry.get(path, { headers: { 'if-none-match': etag } })
      // Whoever has the list is told that it has changed; the loop would never end otherwise.
      if (answer.status === 200) listed = answer.json
      etag = answer.headers.get('etag') ?? etag
    }
    expect(listed).toEqual([])
  })
})

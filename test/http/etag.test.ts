import { describe, expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn } from './support/response.ts'

const registry = useRegistry()

async function etagOf(path: string): Promise<string> {
  const etag = (await registry.get(path)).headers.get('etag')
  expect(etag).toMatch(/^W\/"[!#-~]+"$/)
  return String(etag)
}

const statusWith = async (path: string, tag: string) =>
  (await registry.get(path, { headers: { 'if-none-match': tag } })).status

describe.each(['the list', 'a single read'])('the ETag of %s', (what) => {
  async function agentAndPath(): Promise<{ agent_id: string; path: string }> {
    const { agent_id } = await registry.register()
    return { agent_id, path: what === 'the list' ? '/agents' : `/agents/${agent_id}` }
  }

  test('is answered with 304 and no body when it is still right', async () => {
    const { path } = await agentAndPath()
    const etag = await etagOf(path)
    const answer = await registry.get(path, { headers: { 'if-none-match': etag } })
    expect(answer).toMatchObject({ status: 304, text: '' })
    expect(answer.headers.get('etag')).toBe(etag)
  })

  test('stays through heartbeats and reports of load', async () => {
    const { agent_id, path } = await agentAndPath()
    const etag = await etagOf(path)
    await registry.post(`/agents/${agent_id}/heartbeat`)
    await registry.post(`/agents/${agent_id}/heartbeat`, { json: { load: 0.4 } })
    await registry.post('/agents/heartbeats', { json: { agent_ids: [agent_id] } })
    expect(await etagOf(path)).toBe(etag)
    expect(await statusWith(path, etag)).toBe(304)
  })

  test('stays when the same registration comes again', async () => {
    const { agent_id, path } = await agentAndPath()
    const etag = await etagOf(path)
    await registry.register({ agent_id })
    expect(await etagOf(path)).toBe(etag)
  })

  test.each([
    ['an update', (id: string) => registry.register({ agent_id: id, version: '2' })],
    [
      'a change of status',
      (id: string) => registry.post(`/agents/${id}/heartbeat`, { json: { status: 'busy' } }),
    ],
  ])('moves with %s', async (_name, change) => {
    const { agent_id, path } = await agentAndPath()
    const etag = await etagOf(path)
    await change(agent_id)
    expect(await etagOf(path)).not.toBe(etag)
    expect(await statusWith(path, etag)).toBe(200)
  })

  test('may be one of several, and any tag matches a star', async () => {
    const { path } = await agentAndPath()
    const etag = await etagOf(path)
    expect(await statusWith(path, `W/"other-1", ${etag}, "more"`)).toBe(304)
    expect(await statusWith(path, '*')).toBe(304)
    expect(await statusWith(path, 'W/"other-1"')).toBe(200)
    expect(await statusWith(path, 'nonsense')).toBe(200)
  })

  test('is compared weakly: a cache may have made it strong', async () => {
    // RFC 9110, 13.1.2: If-None-Match must use the weak comparison.
    const { path } = await agentAndPath()
    expect(await statusWith(path, (await etagOf(path)).slice('W/'.length))).toBe(304)
  })
})

describe('the ETag', () => {
  test('of the list moves when an agent comes and when it goes', async () => {
    const before = await etagOf('/agents')
    const { agent_id } = await registry.register()
    const between = await etagOf('/agents')
    await registry.delete(`/agents/${agent_id}`)
    expect(new Set([before, between, await etagOf('/agents')]).size).toBe(3)
  })

  test('of one agent stays when another changes', async () => {
    const { agent_id } = await registry.register()
    const etag = await etagOf(`/agents/${agent_id}`)
    await registry.register()
    expect(await etagOf(`/agents/${agent_id}`)).toBe(etag)
  })

  test('of the list and of an agent move when a lease lapses', async () => {
    const { agent_id } = await registry.register({ ttl_seconds: 1 })
    const paths = ['/agents', '/agents?include_dead=true', `/agents/${agent_id}`]
    const etags = await Promise.all(paths.map(etagOf))
    while (agentIn(await registry.get(`/agents/${agent_id}`)).is_alive) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    // At once, whether a sweep has told of it or not.
    for (const [index, path] of paths.entries()) {
      expect(await statusWith(path, String(etags[index])), path).toBe(200)
    }
  })

  test('does not save a reader from the 404 of an agent that is gone', async () => {
    const { agent_id } = await registry.register()
    const etag = await etagOf(`/agents/${agent_id}`)
    await registry.delete(`/agents/${agent_id}`)
    expect(await statusWith(`/agents/${agent_id}`, etag)).toBe(404)
    expect(await statusWith(`/agents/${agent_id}`, '*')).toBe(404)
  })
})

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

  test('gives 304 and no body while it is current', async () => {
    const { path } = await agentAndPath()
    const etag = await etagOf(path)
    const response = await registry.get(path, { headers: { 'if-none-match': etag } })
    expect(response).toMatchObject({ status: 304, text: '' })
    expect(response.headers.get('etag')).toBe(etag)
  })

  test('is unaffected by heartbeats and load reports', async () => {
    const { agent_id, path } = await agentAndPath()
    const etag = await etagOf(path)
    await registry.post(`/agents/${agent_id}/heartbeat`)
    await registry.post(`/agents/${agent_id}/heartbeat`, { json: { load: 0.4 } })
    await registry.post('/agents/heartbeats', { json: { agent_ids: [agent_id] } })
    expect(await etagOf(path)).toBe(etag)
    expect(await statusWith(path, etag)).toBe(304)
  })

  test('is unaffected by an identical registration', async () => {
    const { agent_id, path } = await agentAndPath()
    const etag = await etagOf(path)
    await registry.register({ agent_id })
    expect(await etagOf(path)).toBe(etag)
  })

  test.each([
    ['an update', (id: string) => registry.register({ agent_id: id, version: '2' })],
    [
      'a status change',
      (id: string) => registry.post(`/agents/${id}/heartbeat`, { json: { status: 'busy' } }),
    ],
  ])('changes with %s', async (_name, change) => {
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
  test('of the list changes when an agent registers and when it deregisters', async () => {
    const before = await etagOf('/agents')
    const { agent_id } = await registry.register()
    const between = await etagOf('/agents')
    await registry.delete(`/agents/${agent_id}`)
    expect(new Set([before, between, await etagOf('/agents')]).size).toBe(3)
  })

  test('of one agent is unaffected by another', async () => {
    const { agent_id } = await registry.register()
    const etag = await etagOf(`/agents/${agent_id}`)
    await registry.register()
    expect(await etagOf(`/agents/${agent_id}`)).toBe(etag)
  })

  test('of the list and of an agent changes when a lease lapses', async () => {
    const { agent_id } = await registry.register({ ttl_seconds: 1 })
    const paths = ['/agents', '/agents?include_dead=true', `/agents/${agent_id}`]
    const etags = await Promise.all(paths.map(etagOf))
    while (agentIn(await registry.get(`/agents/${agent_id}`)).is_alive) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    // At once, whether a sweep has recorded the expiry or not.
    for (const [index, path] of paths.entries()) {
      expect(await statusWith(path, String(etags[index])), path).toBe(200)
    }
  })

  test('does not turn the 404 of a removed agent into a 304', async () => {
    const { agent_id } = await registry.register()
    const etag = await etagOf(`/agents/${agent_id}`)
    await registry.delete(`/agents/${agent_id}`)
    expect(await statusWith(`/agents/${agent_id}`, etag)).toBe(404)
    expect(await statusWith(`/agents/${agent_id}`, '*')).toBe(404)
  })
})

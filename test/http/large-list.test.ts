import { beforeAll, describe, expect, test } from 'vitest'
import { registerMany } from './support/bulk-requests.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentsIn } from './support/response.ts'

const registry = useRegistry()

const COUNT = 21_000
/** Large enough for the whole list to exceed by far what is buffered before it is sent. */
const metadata = { notes: 'n'.repeat(300) }
const ids = Array.from({ length: COUNT }, (_, index) => `large-${(index * 7919) % COUNT}`)

beforeAll(async () => {
  await registerMany(
    registry.baseUrl,
    ids.map((agent_id) => registry.registration({ agent_id, metadata, ttl_seconds: 3600 })),
  )
})

const isOurs = (agent_id: string) => agent_id.startsWith('large-')

describe('a list of 21 000 agents', () => {
  test('is complete, sorted and valid JSON', async () => {
    const response = await registry.get('/agents')
    const listed = agentsIn(response).map(({ agent_id }) => agent_id)
    expect(listed.filter(isOurs)).toEqual(ids.toSorted())
    expect(listed).toEqual(listed.toSorted())
  })

  test('is streamed without a known length', async () => {
    const response = await fetch(`${registry.baseUrl}/agents`)
    expect(response.headers.get('content-length')).toBeNull()
    expect(response.headers.get('etag')).toMatch(/^W\//)
    let parts = 0
    for await (const _ of response.body ?? []) parts++
    expect(parts).toBeGreaterThan(10)
  })

  test('supports HEAD', async () => {
    const response = await registry.request('HEAD', '/agents')
    expect(response).toMatchObject({ status: 200, text: '' })
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  test('is not sent again to a client that has it', async () => {
    const { headers } = await registry.request('HEAD', '/agents')
    const unchanged = { 'if-none-match': String(headers.get('etag')) }
    expect((await registry.get('/agents', { headers: unchanged })).status).toBe(304)
  })

  test('has each agent once while others register, deregister and change', async () => {
    const response = await fetch(`${registry.baseUrl}/agents`)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (let round = 0; ; round++) {
      const part = await reader?.read()
      if (part === undefined || part.done) break
      text += part.value
      if (round > 20) continue
      // Before and after the position of the reader.
      const { agent_id } = await registry.register({ agent_id: `guest-${round}` })
      await registry.register({ agent_id: `zz-guest-${round}` })
      await registry.register({ agent_id: `large-${round}`, metadata: { changed: round } })
      if (round % 2 === 0) await registry.delete(`/agents/${agent_id}`)
    }
    const listed = (JSON.parse(text) as { agent_id: string }[]).map(({ agent_id }) => agent_id)
    expect(listed.filter(isOurs)).toEqual(ids.toSorted())
    expect(listed).toEqual([...new Set(listed)].toSorted())
  })

  // Each disconnects only once the list has begun to arrive, eight megabytes into it.
  test('is unaffected by readers that disconnect midway', async () => {
    for (let reader = 0; reader < 10; reader++) {
      const response = await fetch(`${registry.baseUrl}/agents`)
      await response.body?.cancel()
    }
    expect((await registry.get('/health/ready')).status).toBe(200)
  })

  test('can be kept alive in three batches', async () => {
    let renewed = 0
    for (let at = 0; at < COUNT; at += 10_000) {
      const agent_ids = ids.slice(at, at + 10_000)
      const response = await registry.post('/agents/heartbeats', { json: { agent_ids } })
      expect(response.json).toMatchObject({ ok: agent_ids.length, unknown: [] })
      renewed += agent_ids.length
    }
    expect(renewed).toBe(COUNT)
  })
})

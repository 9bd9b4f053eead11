import { beforeAll, describe, expect, test } from 'vitest'
import { registerMany } from './support/bulk-requests.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentsIn } from './support/response.ts'

const registry = useRegistry()

const COUNT = 21_000
/** Large enough that the whole list is far beyond what is gathered before it is sent. */
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
  test('is whole, sorted and valid JSON', async () => {
    const answer = await registry.get('/agents')
    const listed = agentsIn(answer).map(({ agent_id }) => agent_id)
    expect(listed.filter(isOurs)).toEqual(ids.toSorted())
    expect(listed).toEqual(listed.toSorted())
  })

  test('is streamed, without its length being known', async () => {
    const response = await fetch(`${registry.baseUrl}/agents`)
    expect(response.headers.get('content-length')).toBeNull()
    expect(response.headers.get('etag')).toMatch(/^W\//)
    let parts = 0
    for await (const _ of response.body ?? []) parts++
    expect(parts).toBeGreaterThan(10)
  })

  test('is answered to HEAD without a body', async () => {
    const answer = await registry.request('HEAD', '/agents')
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  test('is spared to whoever has it already', async () => {
    const { headers } = await registry.request('HEAD', '/agents')
    const unchanged = { 'if-none-match': String(headers.get('etag')) }
    expect((await registry.get('/agents', { headers: unchanged })).status).toBe(304)
  })

  test('gives each agent once while others come, go and change', async () => {
    const response = await fetch(`${registry.baseUrl}/agents`)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (let round = 0; ; round++) {
      const part = await reader?.read()
      if (part === undefined || part.done) break
      text += part.value
      if (round > 20) continue
      // Behind and ahead of where the reader is.
      const { agent_id } = await registry.register({ agent_id: `guest-${round}` })
      await registry.register({ agent_id: `zz-guest-${round}` })
      await registry.register({ agent_id: `large-${round}`, metadata: { changed: round } })
      if (round % 2 === 0) await registry.delete(`/agents/${agent_id}`)
    }
    const listed = (JSON.parse(text) as { agent_id: string }[]).map(({ agent_id }) => agent_id)
    expect(listed.filter(isOurs)).toEqual(ids.toSorted())
    expect(listed).toEqual([...new Set(listed)].toSorted())
  })

  // Each leaves only once the list has begun to come, eight megabytes into it.
  test('does no harm when its readers leave in the middle', async () => {
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
      const answer = await registry.post('/agents/heartbeats', { json: { agent_ids } })
      expect(answer.json).toMatchObject({ ok: agent_ids.length, unknown: [] })
      renewed += agent_ids.length
    }
    expect(renewed).toBe(COUNT)
  })
})

import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const json = { 'content-type': 'application/json' }

describe('a body that is encoded is 415, with what would be accepted', () => {
  test.each(['gzip', 'br', 'GZIP', 'identity, gzip', 'nonsense'])('%s', async (coding) => {
    const body = gzipSync(JSON.stringify(registry.registration()))
    const headers = { ...json, 'content-encoding': coding }
    const answer = await registry.post('/agents/register', { body, headers })
    const { detail } = expectProblem(answer, 'UNSUPPORTED_CONTENT_ENCODING')
    expect(detail).toContain(coding)
    expect(answer.headers.get('accept-encoding')).toBe('identity')
  })

  test('whatever its type', async () => {
    const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip' }
    const answer = await registry.post('/agents/a/heartbeat', { body: 'x', headers })
    expectProblem(answer, 'UNSUPPORTED_CONTENT_ENCODING')
  })
})

test('identity is no encoding', async () => {
  const body = JSON.stringify(registry.registration())
  const headers = { ...json, 'content-encoding': 'Identity' }
  expect((await registry.post('/agents/register', { body, headers })).status).toBe(200)
})

test('a heartbeat without a body has nothing that could be encoded', async () => {
  const { agent_id } = await registry.register()
  const headers = { 'content-encoding': 'gzip' }
  expect((await registry.post(`/agents/${agent_id}/heartbeat`, { headers })).status).toBe(200)
})

import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const json = { 'content-type': 'application/json' }

describe('an encoded body is 415, with the accepted encoding', () => {
  test.each(['gzip', 'br', 'GZIP', 'identity, gzip', 'nonsense'])('%s', async (coding) => {
    const body = gzipSync(JSON.stringify(registry.registration()))
    const headers = { ...json, 'content-encoding': coding }
    const response = await registry.post('/agents/register', { body, headers })
    const { detail } = expectProblem(response, 'UNSUPPORTED_CONTENT_ENCODING')
    expect(detail).toContain(coding)
    expect(response.headers.get('accept-encoding')).toBe('identity')
  })

  test('whatever its type', async () => {
    const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip' }
    const response = await registry.post('/agents/a/heartbeat', { body: 'x', headers })
    expectProblem(response, 'UNSUPPORTED_CONTENT_ENCODING')
  })
})

test('identity is accepted', async () => {
  const body = JSON.stringify(registry.registration())
  const headers = { ...json, 'content-encoding': 'Identity' }
  expect((await registry.post('/agents/register', { body, headers })).status).toBe(200)
})

test('a heartbeat without a body has nothing to decode', async () => {
  const { agent_id } = await registry.register()
  const headers = { 'content-encoding': 'gzip' }
  expect((await registry.post(`/agents/${agent_id}/heartbeat`, { headers })).status).toBe(200)
})

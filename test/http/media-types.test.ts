import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const send = (type: string) =>
  registry.post('/agents/register', {
    body: JSON.stringify(registry.registration()),
    headers: { 'content-type': type },
  })

describe('a body is accepted as', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'APPLICATION/JSON',
    'application/json ; charset="utf-8"',
  ])('%s', async (type) => {
    expect((await send(type)).status).toBe(200)
  })
})

describe('a body is rejected as', () => {
  test.each([
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jsonp',
    'application/octet-stream',
    'application',
    '*/*',
  ])('%s', async (type) => {
    expectProblem(await send(type), 'UNSUPPORTED_MEDIA_TYPE')
  })
})

test('a body without a type is rejected as well', async () => {
  const body = Buffer.from(JSON.stringify(registry.registration()))
  const headers = { 'content-type': '' }
  const response = await registry.post('/agents/register', { body, headers })
  expectProblem(response, 'UNSUPPORTED_MEDIA_TYPE')
})

test.each(['/agents/some-id/heartbeat', '/agents/heartbeats'])(
  'the type of a body is checked on %s too',
  async (path) => {
    const headers = { 'content-type': 'text/plain' }
    const response = await registry.post(path, { body: '{}', headers })
    expectProblem(response, 'UNSUPPORTED_MEDIA_TYPE')
  },
)

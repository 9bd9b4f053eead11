import { beforeAll, describe, expect, test } from 'vitest'
import { rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const agentId = 'head-request'

beforeAll(() => registry.register({ agent_id: agentId }))

/** The date and times of the CPU differ between requests. */
const STABLE_HEADERS = ['content-type', 'content-length', 'etag', 'allow']

const exchange = (method: string, path: string) =>
  rawExchange(
    registry.baseUrl,
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    { toHead: method === 'HEAD' },
  )

describe.each([
  '/agents',
  '/agents?include_dead=true',
  `/agents/${agentId}`,
  '/agents/unknown-agent',
  '/health/live',
  '/health/ready',
  '/openapi.json',
  '/nowhere',
])('HEAD %s', (path) => {
  test('has the status and the headers of GET, and no body', async () => {
    const [head, get] = [await exchange('HEAD', path), await exchange('GET', path)]
    expect(head.status).toBe(get.status)
    const differing = STABLE_HEADERS.filter(
      (name) => head.headers.get(name) !== get.headers.get(name),
    )
    expect(differing).toEqual([])
  })
})

test.each(['/health', '/metrics'])('HEAD %s has the status of GET', async (path) => {
  const [head, get] = [await exchange('HEAD', path), await exchange('GET', path)]
  expect(head.status).toBe(200)
  expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
})

test('a connection stays usable after a HEAD', async () => {
  const path = `/agents/${agentId}`
  const head = await registry.request('HEAD', path)
  expect(head).toMatchObject({ status: 200, text: '' })
  expect((await registry.get(path)).status).toBe(200)
})

test('HEAD honours If-None-Match', async () => {
  const etag = String((await registry.get('/agents')).headers.get('etag'))
  const response = await registry.request('HEAD', '/agents', { headers: { 'if-none-match': etag } })
  expect(response.status).toBe(304)
})

import { describe, expect, test } from 'vitest'
import { rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const cacheOf = ({ headers }: { headers: Headers }) => headers.get('cache-control')
const sniffOf = ({ headers }: { headers: Headers }) => headers.get('x-content-type-options')

describe('responses are neither sniffed nor cached', () => {
  test.each([
    ...['/', '/health', '/health/live', '/health/ready', '/metrics', '/openapi.json', '/events'],
    ...[
      '/sd/prometheus',
      '/agents?limit=1&sort=load',
      '/nowhere',
      '/agents/unknown',
      '/agents?x=1',
    ],
  ])('GET %s', async (path) => {
    const response = await registry.get(path)
    expect([sniffOf(response), cacheOf(response)]).toEqual(['nosniff', 'no-store'])
  })

  test('DELETE, the cleanup, and any error', async () => {
    const json = registry.registration()
    await registry.post('/agents/register', { json })
    const responses = [
      await registry.delete(`/agents/${json.agent_id}`),
      await registry.post('/agents/cleanup'),
      await registry.post('/agents/register', { json: { ...json, port: 'x' } }),
      await registry.post('/agents/heartbeats', { json: {} }),
      await registry.post('/agents/unknown-agent/heartbeat'),
      await registry.request('PUT', '/agents'),
    ]
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 422, 422, 404, 405])
    for (const response of responses) {
      expect([sniffOf(response), cacheOf(response)]).toEqual(['nosniff', 'no-store'])
    }
  })

  test('requests that are not valid HTTP', async () => {
    const { headers } = await rawExchange(registry.baseUrl, 'hello\r\n\r\n')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('a path that cannot be decoded', async () => {
    const response = await registry.get('/agents/%zz')
    expect(response.status).toBe(400)
    expect([sniffOf(response), cacheOf(response)]).toEqual(['nosniff', 'no-store'])
  })
})

test('responses with an ETag may be stored, and are revalidated each time', async () => {
  const { agent_id } = await registry.register()
  for (const path of ['/agents', `/agents/${agent_id}`]) {
    const response = await registry.get(path)
    expect([sniffOf(response), cacheOf(response)]).toEqual(['nosniff', 'no-cache'])
    const headers = { 'if-none-match': String(response.headers.get('etag')) }
    const unchanged = await registry.get(path, { headers })
    expect(unchanged.status).toBe(304)
    expect([sniffOf(unchanged), cacheOf(unchanged)]).toEqual(['nosniff', 'no-cache'])
  }
})

describe('the documentation page', () => {
  test.each([
    '/docs',
    '/docs/static/swagger-initializer.js',
    '/docs/static/swagger-ui.css',
    '/docs/json',
  ])(
    '%s runs and loads only what comes from the registry, and is not shared with other origins',
    async (path) => {
      const { headers } = await registry.get(path)
      expect(cacheOf({ headers })).not.toBe('no-store')
      expect(sniffOf({ headers })).toBe('nosniff')
      const policy = headers.get('content-security-policy')?.split('; ')
      expect(policy).toEqual(
        expect.arrayContaining(["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]),
      )
      expect(policy?.filter((rule) => rule.startsWith('script-src') || rule.includes('*'))).toEqual(
        [],
      )
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
      expect(headers.get('origin-agent-cluster')).toBe('?1')
    },
  )
})

test.each(['/', '/agents', '/metrics', '/openapi.json', '/nowhere', '/docs/nowhere'])(
  '%s runs nothing if a browser opens it, and no page of another origin can embed it',
  async (path) => {
    const browser = { 'user-agent': 'Mozilla/5.0' }
    const { headers } = await registry.get(path, { headers: browser })
    const policy = headers.get('content-security-policy')
    expect(policy).toBe("default-src 'none'; frame-ancestors 'none'")
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
  },
)

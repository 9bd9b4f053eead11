import { describe, expect, test } from 'vitest'
import { rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const cacheOf = ({ headers }: { headers: Headers }) => headers.get('cache-control')
const sniffOf = ({ headers }: { headers: Headers }) => headers.get('x-content-type-options')

describe('no browser guesses the type of a response, and no cache keeps it', () => {
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
    const answer = await registry.get(path)
    expect([sniffOf(answer), cacheOf(answer)]).toEqual(['nosniff', 'no-store'])
  })

  test('DELETE, the cleanup, and whatever is refused', async () => {
    const json = registry.registration()
    await registry.post('/agents/register', { json })
    const answers = [
      await registry.delete(`/agents/${json.agent_id}`),
      await registry.post('/agents/cleanup'),
      await registry.post('/agents/register', { json: { ...json, port: 'x' } }),
      await registry.post('/agents/heartbeats', { json: {} }),
      await registry.post('/agents/unknown-agent/heartbeat'),
      await registry.request('PUT', '/agents'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 422, 422, 404, 405])
    for (const answer of answers) {
      expect([sniffOf(answer), cacheOf(answer)]).toEqual(['nosniff', 'no-store'])
    }
  })

  test('what cannot be read as HTTP', async () => {
    const { headers } = await rawExchange(registry.baseUrl, 'hello\r\n\r\n')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('an address that cannot be decoded', async () => {
    const answer = await registry.get('/agents/%zz')
    expect(answer.status).toBe(400)
    expect([sniffOf(answer), cacheOf(answer)]).toEqual(['nosniff', 'no-store'])
  })
})

test('what has an ETag may be kept, and is to be asked about each time', async () => {
  const { agent_id } = await registry.register()
  for (const path of ['/agents', `/agents/${agent_id}`]) {
    const answer = await registry.get(path)
    expect([sniffOf(answer), cacheOf(answer)]).toEqual(['nosniff', 'no-cache'])
    const headers = { 'if-none-match': String(answer.headers.get('etag')) }
    const unchanged = await registry.get(path, { headers })
    expect(unchanged.status).toBe(304)
    expect([sniffOf(unchanged), cacheOf(unchanged)]).toEqual(['nosniff', 'no-cache'])
  }
})

test('the page of the documentation keeps its own rules', async () => {
  expect(cacheOf(await registry.get('/docs'))).not.toBe('no-store')
})

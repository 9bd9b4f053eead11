import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { objectIn } from './support/response.ts'

const registry = useRegistry()

test('/openapi.json is an OpenAPI 3.1 document of every operation', async () => {
  const document = objectIn(await registry.get('/openapi.json'))
  expect(document.openapi).toMatch(/^3\.1\./)
  expect(Object.keys(document.paths as object)).toEqual(
    expect.arrayContaining([
      '/agents/register',
      '/agents/{agent_id}/heartbeat',
      '/agents/heartbeats',
      '/agents',
      '/agents/{agent_id}',
      '/health',
      '/health/live',
      '/health/ready',
      '/metrics',
      '/openapi.json',
    ]),
  )
})

test('/openapi.json has the version of the server', async () => {
  const { version } = objectIn(await registry.get('/health'))
  expect(objectIn(await registry.get('/openapi.json'))).toMatchObject({ info: { version } })
})

describe('/docs', () => {
  test('is an HTML page', async () => {
    const response = await registry.get('/docs')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/html/)
    expect(response.text).toContain('<html')
  })

  test('loads assets only from this registry', async () => {
    const { text } = await registry.get('/docs')
    const sources = text.matchAll(/(?:src|href)="([^"]+)"/g).map(([, source]) => source ?? '')
    const all = sources.toArray()
    expect(all.length).toBeGreaterThan(0)
    for (const source of all) {
      expect(source).not.toMatch(/^(https?:)?\/\//)
      expect((await registry.get(new URL(source, 'http://x/docs').pathname)).status).toBe(200)
    }
  })

  test('serves only its own files', async () => {
    expectProblem(await registry.get('/docs/static/nothing.js'), 'ROUTE_NOT_FOUND')
  })
})

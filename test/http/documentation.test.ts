import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { objectIn } from './support/response.ts'

const registry = useRegistry()

test('/openapi.json is an OpenAPI 3.1 document of every call', async () => {
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

test('/openapi.json names the version of the server', async () => {
  const { version } = objectIn(await registry.get('/health'))
  expect(objectIn(await registry.get('/openapi.json'))).toMatchObject({ info: { version } })
})

describe('/docs', () => {
  test('is a page', async () => {
    const answer = await registry.get('/docs')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    expect(answer.text).toContain('<html')
  })

  test('loads nothing from anywhere but this registry', async () => {
    const { text } = await registry.get('/docs')
    const sources = text.matchAll(/(?:src|href)="([^"]+)"/g).map(([, source]) => source ?? '')
    const all = sources.toArray()
    expect(all.length).toBeGreaterThan(0)
    for (const source of all) {
      expect(source).not.toMatch(/^(https?:)?\/\//)
      expect((await registry.get(new URL(source, 'http://x/docs').pathname)).status).toBe(200)
    }
  })

  test('has no other files than its own', async () => {
    expectProblem(await registry.get('/docs/static/nothing.js'), 'ROUTE_NOT_FOUND')
  })
})

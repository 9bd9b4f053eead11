import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const requestIdOf = async (given?: string) => {
  const headers: Record<string, string> = given === undefined ? {} : { 'x-request-id': given }
  const response = await registry.get('/agents/unknown-agent', { headers })
  return expectProblem(response, 'AGENT_NOT_FOUND').request_id
}

describe('the request_id of an error', () => {
  test.each(['abc-123', '7d3f0e1c-2b7e-4f43-9c1b-0a4a4f0c7f11', 'a.b_c', 'x'.repeat(128)])(
    'is the X-Request-Id %s of the request',
    async (given) => {
      expect(await requestIdOf(given)).toBe(given)
    },
  )

  test.each(['', 'a b', '<script>', '"quoted"', 'x'.repeat(129), 'a,b'])(
    'is not the unsafe X-Request-Id "%s"',
    async (given) => {
      expect(await requestIdOf(given)).toMatch(/^[\w.-]{1,128}$/)
      expect(await requestIdOf(given)).not.toBe(given)
    },
  )

  test('is unique for each request without one', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => requestIdOf()))
    expect(new Set(ids).size).toBe(20)
  })

  test('is present in errors of the router and of the body, too', async () => {
    const headers = { 'x-request-id': 'mine', 'content-type': 'application/json' }
    for (const [path, body] of [
      ['/agents/%zz/heartbeat', ''],
      ['/agents/register', '{'],
      [`/agents/${'a'.repeat(2000)}/heartbeat`, ''],
    ] as const) {
      const response = await registry.post(path, { headers, body })
      expect(response.json, path).toMatchObject({ request_id: 'mine' })
    }
  })
})

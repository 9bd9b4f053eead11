import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const requestIdOf = async (given?: string) => {
  const headers: Record<string, string> = given === undefined ? {} : { 'x-request-id': given }
  const answer = await registry.get('/agents/nobody-knows-me', { headers })
  return expectProblem(answer, 'AGENT_NOT_FOUND').request_id
}

describe('the request_id of an error', () => {
  test.each(['abc-123', '7d3f0e1c-2b7e-4f43-9c1b-0a4a4f0c7f11', 'a.b_c', 'x'.repeat(128)])(
    'is the X-Request-Id %s that came with the request',
    async (given) => {
      expect(await requestIdOf(given)).toBe(given)
    },
  )

  test.each(['', 'a b', '<script>', '"quoted"', 'x'.repeat(129), 'a,b'])(
    'is not the harmful X-Request-Id "%s"',
    async (given) => {
      expect(await requestIdOf(given)).toMatch(/^[\w.-]{1,128}$/)
      expect(await requestIdOf(given)).not.toBe(given)
    },
  )

  test('is another one for each request that brings none', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => requestIdOf()))
    expect(new Set(ids).size).toBe(20)
  })

  test('is there for errors of the router and of the body too', async () => {
    const headers = { 'x-request-id': 'mine', 'content-type': 'application/json' }
    for (const [path, body] of [
      ['/agents/%zz/heartbeat', ''],
      ['/agents/register', '{'],
      [`/agents/${'a'.repeat(2000)}/heartbeat`, ''],
    ] as const) {
      const answer = await registry.post(path, { headers, body })
      expect(answer.json, path).toMatchObject({ request_id: 'mine' })
    }
  })
})

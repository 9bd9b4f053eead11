import { LIMITS } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  '/agents': ['GET', 'HEAD'],
  '/agents/register': ['POST', 'GET', 'HEAD', 'DELETE'],
  '/agents/heartbeats': ['POST', 'GET', 'HEAD', 'DELETE'],
  '/agents/some-id': ['GET', 'HEAD', 'DELETE'],
  '/agents/team%3Asome-id': ['GET', 'HEAD', 'DELETE'],
  '/agents/some-id/heartbeat': ['POST'],
  '/': ['GET', 'HEAD'],
  '/health': ['GET', 'HEAD'],
  '/health/live': ['GET', 'HEAD'],
  '/health/ready': ['GET', 'HEAD'],
  '/metrics': ['GET', 'HEAD'],
  '/openapi.json': ['GET', 'HEAD'],
}
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE']

const exchange = (method: string, path: string, more = '') =>
  rawExchange(registry.baseUrl, `${method} ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`)

describe.each(Object.entries(ALLOWED))('%s', (path, allowed) => {
  test.each(METHODS.filter((method) => !allowed.includes(method)))(
    'rejects %s and lists the allowed methods',
    async (method) => {
      const response = await exchange(method, path)
      expect(expectProblem(response, 'METHOD_NOT_ALLOWED').detail).toContain(method)
      const allow = response.headers.get('allow')?.split(', ') ?? []
      expect(allow.toSorted()).toEqual(allowed.toSorted())
    },
  )

  test('rejects another method that has a body in the same way', async () => {
    const response = await exchange(
      'PUT',
      path,
      'Content-Type: text/plain\r\nContent-Length: 0\r\n',
    )
    expectProblem(response, 'METHOD_NOT_ALLOWED')
  })
})

test('QUERY, a method that requires a content type, is rejected like any other', async () => {
  expectProblem(await exchange('QUERY', '/agents'), 'METHOD_NOT_ALLOWED')
})

test('the documentation page does not allow POST', async () => {
  const response = await exchange('POST', '/docs')
  expectProblem(response, 'METHOD_NOT_ALLOWED')
  expect(response.headers.get('allow')).toBe('GET, HEAD')
})

describe('no route matches', () => {
  test.each([
    '/nowhere',
    '/agents//heartbeat',
    '/agents/some-id/',
    '/agents/some-id/heartbeat/',
    '/agents/some-id/nothing',
    '/Agents',
    '//agents',
    '/agents/../../etc/passwd',
    '/agents/%2e%2e/%2e%2e/etc/passwd',
    '/docs/static/../../package.json',
    '/docs/static/..%2f..%2fpackage.json',
    '/docs/static/%2e%2e/package.json',
    '/docs/static/%00',
    `/docs/static/${'x'.repeat(300)}`,
    '*',
  ])('%s', async (path) => {
    expectProblem(await exchange('GET', path), 'ROUTE_NOT_FOUND')
  })

  test('the error names the requested path without its query', async () => {
    const { detail } = expectProblem(await exchange('GET', '/nowhere?secret=1'), 'ROUTE_NOT_FOUND')
    expect(detail).toContain('/nowhere')
    expect(detail).not.toContain('secret')
  })
})

describe('a path with a trailing slash', () => {
  test.each([
    ['GET', '/agents/', '/agents'],
    ['GET', '/agents/?limit=1', '/agents'],
    ['DELETE', '/agents/', '/agents'],
    ['POST', '/agents/register/', '/agents/register'],
    ['GET', '/health/', '/health'],
    ['GET', '/agents/some-id/', '/agents/some-id'],
  ])('%s %s suggests %s', async (method, path, address) => {
    const { detail } = expectProblem(await exchange(method, path), 'ROUTE_NOT_FOUND')
    expect(detail).toContain(`use ${address}.`)
  })
})

describe('a URL that is too long', () => {
  const LONGEST = LIMITS.addressBytes
  test.each([
    ['a query', `/agents?name=${'x'.repeat(LONGEST)}`],
    ['a query longer than the header limit', `/agents?name=${'x'.repeat(20_000)}`],
    ['a query of 100 kB', `/agents?name=${'x'.repeat(100_000)}`],
    ['an id', `/agents/${'x'.repeat(2000)}`],
    ['an id longer than the header limit', `/agents/${'x'.repeat(20_000)}/heartbeat`],
    ['an unknown path', `/${'x'.repeat(LONGEST)}`],
  ])('is 414: %s', async (_name, path) => {
    const { detail } = expectProblem(await exchange('GET', path), 'URI_TOO_LONG')
    expect(detail.length).toBeLessThan(400)
  })

  test('a URL of exactly the maximum length is accepted', async () => {
    const path = '/agents?status=ready'
    const longest = path.padEnd(LONGEST - 13, '&status=ready').padEnd(LONGEST, '&')
    expect(longest).toHaveLength(LONGEST)
    expectProblem(await exchange('GET', longest), 'VALIDATION_FAILED')
  })
})

describe('a malformed URL', () => {
  test.each(['/agents/%', '/agents/%zz', '/agents/%c3%28', '/agents/%ff/heartbeat'])(
    '%s is 400 with a pointer',
    async (path) => {
      expectProblem(await exchange('GET', path), 'MALFORMED_REQUEST')
    },
  )
})

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

const ask = (method: string, path: string, more = '') =>
  rawExchange(registry.baseUrl, `${method} ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`)

describe.each(Object.entries(ALLOWED))('%s', (path, allowed) => {
  test.each(METHODS.filter((method) => !allowed.includes(method)))(
    'takes no %s, and says what it takes',
    async (method) => {
      const answer = await ask(method, path)
      expect(expectProblem(answer, 'METHOD_NOT_ALLOWED').detail).toContain(method)
      const allow = answer.headers.get('allow')?.split(', ') ?? []
      expect(allow.toSorted()).toEqual(allowed.toSorted())
    },
  )

  test('says so too when the wrong method has a body', async () => {
    const answer = await ask('PUT', path, 'Content-Type: text/plain\r\nContent-Length: 0\r\n')
    expectProblem(answer, 'METHOD_NOT_ALLOWED')
  })
})

test('the method QUERY, which may not come without a type, is refused as others are', async () => {
  expectProblem(await ask('QUERY', '/agents'), 'METHOD_NOT_ALLOWED')
})

test('the page of the documentation takes no POST', async () => {
  const answer = await ask('POST', '/docs')
  expectProblem(answer, 'METHOD_NOT_ALLOWED')
  expect(answer.headers.get('allow')).toBe('GET, HEAD')
})

describe('no such address', () => {
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
  ])('is %s', async (path) => {
    expectProblem(await ask('GET', path), 'ROUTE_NOT_FOUND')
  })

  test('names the address that was asked for, without its query', async () => {
    const { detail } = expectProblem(await ask('GET', '/nowhere?secret=1'), 'ROUTE_NOT_FOUND')
    expect(detail).toContain('/nowhere')
    expect(detail).not.toContain('secret')
  })
})

describe('an address with a slash too many at its end', () => {
  test.each([
    ['GET', '/agents/', '/agents'],
    ['GET', '/agents/?limit=1', '/agents'],
    ['DELETE', '/agents/', '/agents'],
    ['POST', '/agents/register/', '/agents/register'],
    ['GET', '/health/', '/health'],
    ['GET', '/agents/some-id/', '/agents/some-id'],
  ])('%s %s names %s', async (method, path, address) => {
    const { detail } = expectProblem(await ask(method, path), 'ROUTE_NOT_FOUND')
    expect(detail).toContain(`use ${address}.`)
  })
})

describe('an address that is too long', () => {
  const LONGEST = LIMITS.addressBytes
  test.each([
    ['a query', `/agents?name=${'x'.repeat(LONGEST)}`],
    ['a query beyond all headers', `/agents?name=${'x'.repeat(20_000)}`],
    ['a query of 100 kB', `/agents?name=${'x'.repeat(100_000)}`],
    ['an id', `/agents/${'x'.repeat(2000)}`],
    ['an id beyond all headers', `/agents/${'x'.repeat(20_000)}/heartbeat`],
    ['no route', `/${'x'.repeat(LONGEST)}`],
  ])('is 414: %s', async (_name, path) => {
    const { detail } = expectProblem(await ask('GET', path), 'URI_TOO_LONG')
    expect(detail.length).toBeLessThan(400)
  })

  test('but one of just that many bytes is read', async () => {
    const path = '/agents?status=ready'
    const longest = path.padEnd(LONGEST - 13, '&status=ready').padEnd(LONGEST, '&')
    expect(longest).toHaveLength(LONGEST)
    expectProblem(await ask('GET', longest), 'VALIDATION_FAILED')
  })
})

describe('an address that is none', () => {
  test.each(['/agents/%', '/agents/%zz', '/agents/%c3%28', '/agents/%ff/heartbeat'])(
    '%s is 400 with a pointer',
    async (path) => {
      expectProblem(await ask('GET', path), 'MALFORMED_REQUEST')
    },
  )
})

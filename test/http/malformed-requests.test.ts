import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { RawConnection, rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const MALFORMED: Readonly<Record<string, string>> = {
  'is not HTTP': 'hello\r\n\r\n',
  'is TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'has an unknown method': 'BREW /agents HTTP/1.1\r\nHost: x\r\n\r\n',
  'is HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'has two lengths':
    'POST /agents/a/heartbeat HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 2\r\n\r\n{}',
  'has two lists of lengths':
    'POST /agents/a/heartbeat HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 0\r\n\r\n',
  'has a negative length':
    'POST /agents/a/heartbeat HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
  'has a length and chunks':
    'POST /agents/a/heartbeat HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'has a header with a NUL': 'GET /health HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n',
  'has a space in a header name': 'GET /health HTTP/1.1\r\nHost: x\r\nX y: z\r\n\r\n',
  'has a space before the colon': 'GET /health HTTP/1.1\r\nHost : x\r\n\r\n',
  'has two authorizations':
    'GET /health HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAUTHORIZATION: a\r\n\r\n',
  'folds its headers': 'GET /health HTTP/1.1\r\nHost: x\r\n folded\r\nX\r\n\r\n',
  'has a control character in its target': 'GET /agents/\x01 HTTP/1.1\r\nHost: x\r\n\r\n',
}

describe.each(Object.entries(MALFORMED))('a request that %s', (_name, request) => {
  test('is 400 with a problem, and closes the connection', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    connection.send(Buffer.from(request, 'latin1'))
    expectProblem(await connection.answer(), 'MALFORMED_REQUEST')
    await connection.whenClosed()
  })
})

describe('an HTTP/1.1 request without a Host', () => {
  // RFC 9112, 3.2 requires 400, whatever the request.
  test.each(['GET /health/live', 'GET /nowhere', 'POST /agents/a/heartbeat'])(
    'is 400 with a problem: %s',
    async (line) => {
      const response = await rawExchange(registry.baseUrl, `${line} HTTP/1.1\r\n\r\n`)
      expectProblem(response, 'MALFORMED_REQUEST')
    },
  )

  test('is 400 as a plain heartbeat of a known agent', async () => {
    const { agent_id } = await registry.register()
    const request = `POST /agents/${agent_id}/heartbeat HTTP/1.1\r\n\r\n`
    expectProblem(await rawExchange(registry.baseUrl, request), 'MALFORMED_REQUEST')
  })
})

describe('a request with two Hosts', () => {
  // RFC 9112, 3.2, also for two equal ones.
  const hosts = ['Host: x\r\nHost: y', 'Host: x\r\nhOST: x', 'Host:\r\nX: y\r\nHost:']

  test.each(hosts)('is 400 with a problem, and closes the connection: %j', async (host) => {
    await using connection = await RawConnection.open(registry.baseUrl)
    connection.send(`GET /health HTTP/1.1\r\n${host}\r\n\r\n`)
    expectProblem(await connection.answer(), 'MALFORMED_REQUEST')
    await connection.whenClosed()
  })

  test.each(hosts)('is 400 as a heartbeat of a known agent: %j', async (host) => {
    const { agent_id } = await registry.register()
    const request = `POST /agents/${agent_id}/heartbeat HTTP/1.1\r\n${host}\r\n\r\n`
    expectProblem(await rawExchange(registry.baseUrl, request), 'MALFORMED_REQUEST')
  })
})

test('data after a malformed request is not read as another request', async () => {
  await using connection = await RawConnection.open(registry.baseUrl)
  const agent_id = registry.newId('smuggled')
  const body = JSON.stringify(registry.registration({ agent_id }))
  connection.send(
    `${MALFORMED['has a length and chunks']}POST /agents/register HTTP/1.1\r\nHost: x\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  expectProblem(await connection.answer(), 'MALFORMED_REQUEST')
  await connection.whenClosed()
  expectProblem(await registry.get(`/agents/${agent_id}`), 'AGENT_NOT_FOUND')
})

test('a truncated request gets a response, and the connection is closed', async () => {
  await using connection = await RawConnection.open(registry.baseUrl)
  connection.send('POST /agents/register HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{')
  connection.endSending()
  const response = await connection.answer()
  expect([400, 415]).toContain(response.status)
  await connection.whenClosed()
})

test('headers of more than 16 KiB are 431', async () => {
  const request = `GET /health HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`
  expectProblem(await rawExchange(registry.baseUrl, request), 'HEADERS_TOO_LARGE')
})

test('an unknown expectation is ignored, or rejected with a problem', async () => {
  // RFC 9110, 10.1.1 allows both; an error without a body is neither.
  const request = 'GET /health HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n'
  const { status, headers } = await rawExchange(registry.baseUrl, request)
  const type = status === 200 ? /^application\/json/ : /^application\/problem\+json/
  expect(headers.get('content-type')).toMatch(type)
})

test('a request to upgrade the protocol is served without an upgrade', async () => {
  const request =
    'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
  expect((await rawExchange(registry.baseUrl, request)).status).toBe(200)
})

test('a target in absolute form is the same route', async () => {
  const request = 'GET http://elsewhere.example/health/live HTTP/1.1\r\nHost: x\r\n\r\n'
  expect((await rawExchange(registry.baseUrl, request)).status).toBe(200)
})

test('no input is reflected in a header', async () => {
  const path = '/agents/%0d%0aSet-Cookie:%20a=b'
  const response = await rawExchange(registry.baseUrl, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  expectProblem(response, 'VALIDATION_FAILED')
  expect(response.headers.has('set-cookie')).toBe(false)
})

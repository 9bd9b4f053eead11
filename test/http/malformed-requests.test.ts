import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { RawConnection, rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const MALFORMED: Readonly<Record<string, string>> = {
  'is no HTTP': 'hello\r\n\r\n',
  'is TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'has a method that nobody knows': 'BREW /agents HTTP/1.1\r\nHost: x\r\n\r\n',
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
  'has a header name with a blank': 'GET /health HTTP/1.1\r\nHost: x\r\nX y: z\r\n\r\n',
  'has a blank before the colon': 'GET /health HTTP/1.1\r\nHost : x\r\n\r\n',
  'folds its headers': 'GET /health HTTP/1.1\r\nHost: x\r\n folded\r\nX\r\n\r\n',
  'has a control character in its address': 'GET /agents/\x01 HTTP/1.1\r\nHost: x\r\n\r\n',
}

describe.each(Object.entries(MALFORMED))('a request that %s', (_name, request) => {
  test('is 400 with a problem, and ends the connection', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    connection.send(Buffer.from(request, 'latin1'))
    expectProblem(await connection.answer(), 'MALFORMED_REQUEST')
    await connection.whenClosed()
  })
})

describe('a request of HTTP/1.1 without a Host', () => {
  // RFC 9112, 3.2: a server must answer it with 400, whatever it asks for.
  test.each(['GET /health/live', 'GET /nowhere', 'POST /agents/a/heartbeat'])(
    'is 400 with a problem: %s',
    async (line) => {
      const answer = await rawExchange(registry.baseUrl, `${line} HTTP/1.1\r\n\r\n`)
      expectProblem(answer, 'MALFORMED_REQUEST')
    },
  )

  test('is 400 as a plain heartbeat of an agent that is there', async () => {
    const { agent_id } = await registry.register()
    const request = `POST /agents/${agent_id}/heartbeat HTTP/1.1\r\n\r\n`
    expectProblem(await rawExchange(registry.baseUrl, request), 'MALFORMED_REQUEST')
  })
})

describe('a request with two Hosts', () => {
  // RFC 9112, 3.2, and so is one that says the same twice.
  const hosts = ['Host: x\r\nHost: y', 'Host: x\r\nhOST: x', 'Host:\r\nX: y\r\nHost:']

  test.each(hosts)('is 400 with a problem, and ends the connection: %j', async (host) => {
    await using connection = await RawConnection.open(registry.baseUrl)
    connection.send(`GET /health HTTP/1.1\r\n${host}\r\n\r\n`)
    expectProblem(await connection.answer(), 'MALFORMED_REQUEST')
    await connection.whenClosed()
  })

  test.each(hosts)('is 400 as a heartbeat of an agent that is there: %j', async (host) => {
    const { agent_id } = await registry.register()
    const request = `POST /agents/${agent_id}/heartbeat HTTP/1.1\r\n${host}\r\n\r\n`
    expectProblem(await rawExchange(registry.baseUrl, request), 'MALFORMED_REQUEST')
  })
})

test('what stands behind a malformed request is not read as another one', async () => {
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

test('a request that ends in the middle is answered, and ends the connection', async () => {
  await using connection = await RawConnection.open(registry.baseUrl)
  connection.send('POST /agents/register HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{')
  connection.endSending()
  const answer = await connection.answer()
  expect([400, 415]).toContain(answer.status)
  await connection.whenClosed()
})

test('headers of more than 16 KiB are 431', async () => {
  const request = `GET /health HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`
  expectProblem(await rawExchange(registry.baseUrl, request), 'HEADERS_TOO_LARGE')
})

test('an expectation that nobody can meet is ignored, or refused with a problem', async () => {
  // RFC 9110, 10.1.1 leaves the choice; an error without a body is none.
  const request = 'GET /health HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n'
  const { status, headers } = await rawExchange(registry.baseUrl, request)
  const type = status === 200 ? /^application\/json/ : /^application\/problem\+json/
  expect(headers.get('content-type')).toMatch(type)
})

test('a request to upgrade the protocol is answered in this one', async () => {
  const request =
    'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
  expect((await rawExchange(registry.baseUrl, request)).status).toBe(200)
})

test('an address in its absolute form is the same address', async () => {
  const request = 'GET http://elsewhere.example/health/live HTTP/1.1\r\nHost: x\r\n\r\n'
  expect((await rawExchange(registry.baseUrl, request)).status).toBe(200)
})

test('nothing that a client sends comes back as a header', async () => {
  const path = '/agents/%0d%0aSet-Cookie:%20a=b'
  const answer = await rawExchange(registry.baseUrl, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  expectProblem(answer, 'VALIDATION_FAILED')
  expect(answer.headers.has('set-cookie')).toBe(false)
})

// The operator has allowed the pages of an origin to use the registry.
import { AgentRegistryServer } from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { everyOperation } from '../../../../../test/http/support/every-operation.ts'
import { expectProblem } from '../../../../../test/http/support/problem-expectation.ts'
import { rawExchange } from '../../../../../test/http/support/raw-connection.ts'
import type { RawResponse } from '../../../../../test/http/support/raw-response.ts'
import { type TokenFileOnDisk, tokenFile } from '../../access/support/token-file-on-disk.ts'

const APP = 'https://app.example'
const SECOND_APP = 'http://localhost:5173'
const TOKEN = 'a-token-that-may-do-just-about-everything'
const AUTHORIZED = `Authorization: Bearer ${TOKEN}`
let file: TokenFileOnDisk
let server: AgentRegistryServer
let baseUrl: string

beforeAll(async () => {
  file = await tokenFile(`ops admin * ${TOKEN}`)
  const tokens = { tokenFile: file.path, anonymous: 'read' } as const
  server = new AgentRegistryServer('memory:', { ...tokens, corsOrigins: [APP, SECOND_APP] })
  baseUrl = await server.listen({ port: 0 })
})
afterAll(async () => {
  await server.close()
  await file[Symbol.asyncDispose]()
})

const exchange = (line: string, ...headers: string[]) =>
  rawExchange(baseUrl, [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n'))

/** What a browser sends for a page at an origin. */
const from = (origin: string) => [`Origin: ${origin}`, 'Sec-Fetch-Site: cross-site']
const allowedOrigin = ({ headers }: RawResponse) => headers.get('access-control-allow-origin')

/** Returns the headers that a page can read, in lowercase. */
function exposed({ headers }: RawResponse): string[] {
  const names = headers.get('access-control-expose-headers') ?? ''
  return names.toLowerCase().split(', ')
}

describe.each([APP, SECOND_APP])('a page of %s', (origin) => {
  test.each(everyOperation('agent'))('may use $operationId', async ({ withHeaders, status }) => {
    await register('agent')
    const response = await rawExchange(
      baseUrl,
      withHeaders('Host: localhost', AUTHORIZED, ...from(origin)),
    )
    expect(response.status).toBe(status)
    expect(allowedOrigin(response)).toBe(origin)
    expect(response.headers.get('vary')).toMatch(/^Origin(, (Accept|A2A-Version))?$/)
  })

  test('may read errors', async () => {
    const response = await exchange('GET /agents/unknown', ...from(origin))
    expectProblem(response, 'AGENT_NOT_FOUND')
    expect(allowedOrigin(response)).toBe(origin)
  })

  test('may follow a stream', async () => {
    const url = `${baseUrl}/events?snapshot=true`
    const response = await fetch(url, { headers: { origin } })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(response.headers.get('access-control-allow-origin')).toBe(origin)
    await response.body?.cancel()
  })

  test('may read the headers that it needs', async () => {
    await register('a')
    await register('b')
    const list = await exchange('GET /agents?limit=1', ...from(origin))
    const sent = ['etag', 'link', 'x-registry-revision', 'x-registry-epoch']
    expect(sent.filter((name) => !list.headers.has(name))).toEqual([])
    const further = ['retry-after', 'www-authenticate', 'allow']
    expect(exposed(list)).toEqual(expect.arrayContaining([...sent, ...further]))
  })

  test.each(['POST', 'PUT', 'DELETE', 'GET'])('gets permission to %s', async (method) => {
    const response = await exchange(
      'OPTIONS /agents/a',
      ...from(origin),
      `Access-Control-Request-Method: ${method}`,
      'Access-Control-Request-Headers: authorization,content-type,if-match,rollcall-instance',
    )
    expect(response.status).toBe(204)
    expect(allowedOrigin(response)).toBe(origin)
    expect(response.headers.get('access-control-allow-methods')?.split(', ')).toContain(method)
    expect(response.headers.get('access-control-allow-headers')).toBe(
      'authorization,content-type,if-match,rollcall-instance',
    )
    expect(Number(response.headers.get('access-control-max-age'))).toBeGreaterThan(0)
    expect(response.headers.get('vary')).toBe('Origin')
  })

  test('is not sent credentials of the user: the browser keeps them', async () => {
    const { headers } = await exchange('GET /agents', ...from(origin))
    expect(headers.has('access-control-allow-credentials')).toBe(false)
  })

  test('may not use it at the host of somebody else', async () => {
    const lines = ['POST /agents/agent/heartbeat HTTP/1.1', 'Host: page.example', ...from(origin)]
    const response = await rawExchange(baseUrl, [...lines, '', ''].join('\r\n'))
    expectProblem(response, 'HOST_NOT_ALLOWED')
  })
})

describe.each(['https://page.example', 'https://app.example.page.example', 'null', `${APP}/`])(
  'a page of %s, which is not allowed,',
  (origin) => {
    test('is refused, and its browser does not show it why', async () => {
      const response = await exchange('POST /agents/cleanup', ...from(origin))
      expectProblem(response, 'CROSS_ORIGIN')
      expect(allowedOrigin(response)).toBeUndefined()
    })

    test('cannot read anything', async () => {
      const response = await exchange('GET /agents', ...from(origin))
      expect(allowedOrigin(response)).toBeUndefined()
      expect(response.headers.get('vary')).toBe('Origin')
    })

    test('gets no permission by a preflight', async () => {
      const asks = 'Access-Control-Request-Method: DELETE'
      const response = await exchange('OPTIONS /agents/a', ...from(origin), asks)
      expectProblem(response, 'METHOD_NOT_ALLOWED')
      expect(allowedOrigin(response)).toBeUndefined()
    })
  },
)

test('only OPTIONS asks for permission: another method with such a header is a request like any', async () => {
  const headers = [...from(APP), 'Access-Control-Request-Method: DELETE']
  expect((await exchange('GET /agents', ...headers)).status).toBe(200)
  expectProblem(await exchange('DELETE /agents/unknown', AUTHORIZED, ...headers), 'AGENT_NOT_FOUND')
})

test('OPTIONS that is no preflight is not a method of any route', async () => {
  expectProblem(await exchange('OPTIONS /agents', `Origin: ${APP}`), 'METHOD_NOT_ALLOWED')
})

test('programs get what they got, but for caches between them and the registry', async () => {
  const response = await exchange('GET /agents')
  expect(response.status).toBe(200)
  expect(allowedOrigin(response)).toBeUndefined()
  expect(response.headers.get('vary')).toBe('Origin')
})

async function register(agent_id: string): Promise<void> {
  const response = await fetch(`${baseUrl}/agents/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({
      ...{ agent_id, agent_name: 'A', host: '10.0.0.7', port: 8000, protocol: 'mcp' },
      card: { name: 'A', url: 'http://10.0.0.7:8000' },
    }),
  })
  expect(response.status).toBe(200)
}

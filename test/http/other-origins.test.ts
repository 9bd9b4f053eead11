// Requests that a browser sends on behalf of a page at another origin than that of the registry.
import { beforeAll, describe, expect, test } from 'vitest'
import { everyOperation, type OperationRequest } from './support/every-operation.ts'
import { expectProblem } from './support/problem-expectation.ts'
import { RawConnection, rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn } from './support/response.ts'

const registry = useRegistry()
const agentId = 'victim:agent'
const PATH = `/agents/${agentId}`
const CARD = { name: 'Victim', url: 'http://10.0.0.7:8000' }
const HOST = 'Host: localhost:9000'

beforeAll(async () => {
  await registry.register({ agent_id: agentId, card: CARD, protocol: 'mcp' })
})

/** Without its deadline, which moves when the process stalls. */
const agent = async () => ({ ...agentIn(await registry.get(PATH)), expires_at: undefined })
const heartbeat = (...headers: string[]) =>
  [`POST ${PATH}/heartbeat HTTP/1.1`, HOST, ...headers, '', ''].join('\r\n')

/** What browsers send along, depending on their age, the address, and what the page does. */
const OTHER_ORIGINS = {
  'another site': ['Origin: https://page.example', 'Sec-Fetch-Site: cross-site'],
  'another port of this machine': ['Origin: http://localhost:3000', 'Sec-Fetch-Site: same-site'],
  'a page without an origin': ['Origin: null', 'Sec-Fetch-Site: cross-site'],
  'a browser without Sec-Fetch-Site': ['Origin: https://page.example'],
  'a page without an origin, in such a browser': ['Origin: null'],
  'a browser that sends no Origin': ['Sec-Fetch-Site: cross-site'],
}
/** What the page of the registry itself sends. */
const OWN_ORIGIN = {
  'the page of the registry': ['Origin: http://localhost:9000', 'Sec-Fetch-Site: same-origin'],
  'such a page in a browser without Sec-Fetch-Site': ['Origin: http://localhost:9000'],
  'the address bar': ['Sec-Fetch-Site: none'],
}

/** What could change something, and what keeps a connection open. */
const isGuarded = ({ operation: { method, path } }: OperationRequest) =>
  method !== 'GET' || path === '/events'
const guarded = everyOperation(agentId).filter(isGuarded)
/** Pages of all origins may read cards; of catalogs only what is public. */
const isCard = ({ operationId }: OperationRequest) => /^get.*card$|ServerCard$/i.test(operationId)
const readable = everyOperation(agentId).filter((it) => !isGuarded(it) && !isCard(it))
const cards = everyOperation(agentId).filter((it) => !isGuarded(it) && isCard(it))

describe.each(Object.entries(OTHER_ORIGINS))('a request of %s', (_name, headers) => {
  test.each(guarded)('is refused: $operationId', async ({ withHeaders }) => {
    const before = await agent()
    const response = await rawExchange(registry.baseUrl, withHeaders(HOST, ...headers))
    expect(expectProblem(response, 'CROSS_ORIGIN').detail).toContain('--cors-origin')
    expect(await agent()).toEqual(before)
  })

  test('is refused as a stream', async () => {
    const lines = ['GET /events?snapshot=true HTTP/1.1', HOST, 'Accept: text/event-stream']
    const request = [...lines, ...headers, '', ''].join('\r\n')
    expectProblem(await rawExchange(registry.baseUrl, request), 'CROSS_ORIGIN')
  })

  test.each(readable)(
    'gets $operationId, but no page can read it',
    async ({ withHeaders, status }) => {
      const response = await rawExchange(registry.baseUrl, withHeaders(HOST, ...headers))
      expect(response.status).toBe(status)
      expect([...response.headers.keys()].filter((name) => /access-control/.test(name))).toEqual([])
      expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin')
      // The response does not depend on the origin.
      expect(response.headers.get('vary') ?? '').not.toMatch(/origin/i)
    },
  )

  test.each(cards)('gets $operationId, which all pages may read', async ({ withHeaders }) => {
    const response = await rawExchange(registry.baseUrl, withHeaders(HOST, ...headers))
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.has('access-control-allow-credentials')).toBe(false)
  })

  test.each(cards)('may send any header with $operationId', async ({ operation: { path } }) => {
    const url = path.replace('{agent_id}', agentId)
    const asks = 'Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: a2a-version'
    const lines = [`OPTIONS ${url} HTTP/1.1`, HOST, asks, ...headers, '', '']
    const response = await rawExchange(registry.baseUrl, lines.join('\r\n'))
    const isPage = headers.some((line) => line.startsWith('Origin'))
    expect(response.status).toBe(isPage ? 204 : 405)
    expect(response.headers.get('access-control-allow-headers')).toBe(
      isPage ? 'a2a-version' : undefined,
    )
  })

  test.each(cards)('gets no permission to change what $operationId reads', async (card) => {
    const url = card.operation.path.replace('{agent_id}', agentId)
    const asks = 'Access-Control-Request-Method: PUT'
    const lines = [`OPTIONS ${url} HTTP/1.1`, HOST, asks, ...headers, '', '']
    const response = await rawExchange(registry.baseUrl, lines.join('\r\n'))
    expectProblem(response, 'METHOD_NOT_ALLOWED')
  })

  test('is refused to change anything at an unknown route', async () => {
    const request = [`PATCH /agents HTTP/1.1`, HOST, ...headers, '', ''].join('\r\n')
    expectProblem(await rawExchange(registry.baseUrl, request), 'CROSS_ORIGIN')
  })

  test('gets no permission by a preflight', async () => {
    const lines = [`OPTIONS ${PATH} HTTP/1.1`, HOST, 'Access-Control-Request-Method: DELETE']
    const response = await rawExchange(
      registry.baseUrl,
      [...lines, ...headers, '', ''].join('\r\n'),
    )
    expectProblem(response, 'METHOD_NOT_ALLOWED')
    expect([...response.headers.keys()].filter((name) => /access-control/.test(name))).toEqual([])
  })
})

describe('a catalog', () => {
  const headers = { origin: 'https://page.example', 'access-control-request-method': 'GET' }
  test.each(['/.well-known/ard.json', '/.well-known/ai-catalog.json', '/v0.1/servers'])(
    '%s grants no page anything as long as its agents are not public',
    async (path) => {
      const preflight = await registry.request('OPTIONS', path, { headers })
      expect(preflight.status).toBe(405)
      expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
    },
  )
})

describe('a heartbeat renews no lease', () => {
  test.each(Object.entries(OTHER_ORIGINS))('of %s', async (_name, headers) => {
    const before = await agent()
    for (const more of [[], ['Content-Length: 0'], ['Content-Type: text/plain']]) {
      const response = await rawExchange(registry.baseUrl, heartbeat(...headers, ...more))
      expectProblem(response, 'CROSS_ORIGIN')
    }
    expect((await agent()).last_heartbeat).toBe(before.last_heartbeat)
  })

  test('between others, on one connection and in one packet', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    const other = 'Origin: https://page.example'
    const own = 'Origin: http://localhost:9000'
    const requests = [[], [other], [], ['Sec-Fetch-Site: cross-site'], [own], []]
    connection.send(requests.map((headers) => heartbeat(...headers)).join(''))
    const statuses: number[] = []
    while (statuses.length < requests.length) statuses.push((await connection.answer()).status)
    expect(statuses).toEqual([200, 403, 200, 403, 200, 200])
  })
})

/** Not the creation of a token: it begins access control, and all other requests would need one. */
const openToAll = everyOperation('own:agent').filter((it) => it.operationId !== 'createToken')

describe.each(Object.entries(OWN_ORIGIN))('a request of %s', (_name, headers) => {
  test.each(openToAll)('is served: $operationId', async (request) => {
    // Some operations need an agent, and one removes it.
    await registry.register({ agent_id: 'own:agent', card: CARD, protocol: 'mcp' })
    const response = await rawExchange(registry.baseUrl, request.withHeaders(HOST, ...headers))
    expect(response.status).toBe(request.status)
    const names = [...response.headers.keys()].filter((name) => /access-control/.test(name))
    const isOpen = isCard(request) && !isGuarded(request)
    expect(names.length > 0).toBe(isOpen)
  })
})

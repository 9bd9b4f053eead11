// DNS rebinding: a page at a name that now has the address of the registry. Only `Host` shows it.
import { beforeAll, describe, expect, test } from 'vitest'
import { everyOperation } from './support/every-operation.ts'
import { expectProblem } from './support/problem-expectation.ts'
import { RawConnection, rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn } from './support/response.ts'

const registry = useRegistry()
const agentId = 'rebound:agent'
const PATH = `/agents/${agentId}`

beforeAll(async () => {
  await registry.register({ agent_id: agentId })
})

/** Without its deadline, which moves when the process stalls. */
const agent = async () => ({ ...agentIn(await registry.get(PATH)), expires_at: undefined })
const heartbeat = (...headers: string[]) =>
  [`POST ${PATH}/heartbeat HTTP/1.1`, ...headers, '', ''].join('\r\n')

describe('a request to a foreign host is refused', () => {
  test.each(everyOperation(agentId))('$operationId', async ({ withHeaders }) => {
    const before = await agent()
    const response = await rawExchange(registry.baseUrl, withHeaders('Host: page.example:9000'))
    const { detail } = expectProblem(response, 'HOST_NOT_ALLOWED')
    expect(detail).toContain('page.example:9000')
    expect(detail).toContain('--allowed-hosts')
    expect(await agent()).toEqual(before)
  })

  test.each([
    'GET /docs',
    'GET /docs/json',
    'GET /docs/static/swagger-ui.css',
    'HEAD /agents',
    'OPTIONS /agents',
    'GET /nowhere',
    'PATCH /agents',
  ])('%s', async (line) => {
    const request = `${line} HTTP/1.1\r\nHost: page.example\r\n\r\n`
    const toHead = line.startsWith('HEAD')
    const response = await rawExchange(registry.baseUrl, request, { toHead })
    expect(response.status).toBe(421)
    if (!toHead) expectProblem(response, 'HOST_NOT_ALLOWED')
  })
})

describe('a heartbeat to a foreign host renews no lease', () => {
  test.each([
    ['plain', heartbeat('Host: page.example')],
    ['with an empty body', heartbeat('Host: page.example', 'Content-Length: 0')],
    ['over HTTP/1.0', heartbeat('Host: page.example').replace('HTTP/1.1', 'HTTP/1.0')],
    ['of its own origin', heartbeat('Host: page.example', 'Origin: http://page.example')],
    ['of a browser', heartbeat('Host: page.example', 'User-Agent: Mozilla/5.0')],
    ['to an escaped id', heartbeat('Host: page.example').replace('bound:', 'bound%3A')],
  ])('%s', async (_what, request) => {
    const before = await agent()
    expectProblem(await rawExchange(registry.baseUrl, request), 'HOST_NOT_ALLOWED')
    expect((await agent()).last_heartbeat).toBe(before.last_heartbeat)
  })

  test('between others, on one connection and in one packet', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    const own = `Host: ${new URL(registry.baseUrl).host}`
    const hosts = [own, 'Host: page.example', own, own, 'Host: page.example', 'Host: localhost']
    connection.send(hosts.map((host) => heartbeat(host)).join(''))
    const statuses: number[] = []
    while (statuses.length < hosts.length) statuses.push((await connection.answer()).status)
    expect(statuses).toEqual([200, 421, 200, 200, 421, 200])
  })
})

test('programs may use the name of a service, browsers may not', async () => {
  const before = await agent()
  const request = heartbeat('Host: rollcall:9000', 'User-Agent: Mozilla/5.0')
  expectProblem(await rawExchange(registry.baseUrl, request), 'HOST_NOT_ALLOWED')
  expect((await agent()).last_heartbeat).toBe(before.last_heartbeat)
  const { status } = await rawExchange(registry.baseUrl, heartbeat('Host: rollcall:9000'))
  expect(status).toBe(200)
})

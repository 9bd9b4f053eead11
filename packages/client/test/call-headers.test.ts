// Tokens for a gateway, Basic authentication, and failover between several addresses.
import { describe, expect, test, vi } from 'vitest'
import {
  AgentRegistryClient,
  DiscoveryClient,
  isApiError,
  isNetworkError,
  isTimeoutError,
} from '../src/index.ts'
import type { Call } from '../src/transport/call.ts'
import { RegistryConnection } from '../src/transport/connection.ts'
import { respondJson, respondProblem, ScriptedServer } from './support/scripted-server.ts'

const LIST: Call = { method: 'GET', path: '/agents' }
/** No server listens at this address. */
const UNREACHABLE = 'http://127.0.0.1:2'

const startServer = () =>
  ScriptedServer.start((_, response) => respondJson(response, 200, [{ agent_id: 'a' }]))

async function headersOf(options: object) {
  await using server = await startServer()
  const client = new DiscoveryClient({ registryUrl: server.url, ...options })
  await client.list()
  return server.requests[0]?.headers
}

describe('each call carries', () => {
  test('the token, as a string or from a function', async () => {
    expect(await headersOf({ token: 'abc' })).toMatchObject({ authorization: 'Bearer abc' })
    expect(await headersOf({ token: async () => 'abc' })).toMatchObject({
      authorization: 'Bearer abc',
    })
  })

  test('the headers, which override the token', async () => {
    const headers = { 'X-Tenant': 'blue', Authorization: 'Own x' }
    expect(await headersOf({ token: 'abc', headers })).toMatchObject({
      'x-tenant': 'blue',
      authorization: 'Own x',
    })
    expect(await headersOf({ headers: () => headers })).toMatchObject({ 'x-tenant': 'blue' })
  })

  test('the decoded credentials of the address as Basic authentication', async () => {
    await using server = await startServer()
    const { host } = new URL(server.url)
    const client = new DiscoveryClient({ registryUrl: `http://me:p%40ss%C3%A9@${host}` })
    await client.list()
    const { authorization } = server.requests[0]?.headers ?? {}
    const [scheme, text] = String(authorization).split(' ')
    expect(scheme).toBe('Basic')
    expect(Buffer.from(String(text), 'base64').toString()).toBe('me:p@ssé')
  })

  test('a new token from the function', async () => {
    await using server = await startServer()
    let tokens = 0
    const token = () => `t${++tokens}`
    const client = new DiscoveryClient({ registryUrl: server.url, token })
    await client.list()
    await client.list()
    const sent = server.requests.map(({ headers }) => headers.authorization)
    expect(sent).toEqual(['Bearer t1', 'Bearer t2'])
  })
})

describe('a token function', () => {
  const listWith = (token: () => string | Promise<string>, timeoutMs = 5000) =>
    new DiscoveryClient({ registryUrl: UNREACHABLE, token, timeoutMs }).list()

  test('that throws causes a transient error', async () => {
    const failure = listWith(() => {
      throw new Error('the vault is sealed')
    })
    await expect(failure).rejects.toSatisfy(isNetworkError)
    await expect(failure).rejects.toThrow('`token` failed: the vault is sealed')
  })

  test('that never resolves is subject to the timeout of the call', async () => {
    const failure = listWith(() => new Promise(() => undefined), 30)
    await expect(failure).rejects.toSatisfy(isTimeoutError)
  })
})

test('an invalid header is rejected by name, without its value', async () => {
  const client = new DiscoveryClient({ registryUrl: UNREACHABLE, token: 'abc\ndef' })
  const error = await client.list().catch((it: unknown) => it)
  expect(error).toBeInstanceOf(TypeError)
  expect(String(error)).toContain('"authorization"')
  expect(String(error)).not.toContain('abc')
})

test.each([
  ['a BigInt', { id: 1n }, '1 in "id"'],
  ['a circle', circle(), 'circular structure'],
])('metadata with %s is rejected immediately', (_, metadata, reason) => {
  const options = { agentId: 'a', agentName: 'A', metadata, registryUrl: UNREACHABLE }
  expect(() => new AgentRegistryClient(options)).toThrow(TypeError)
  expect(() => new AgentRegistryClient(options)).toThrow(reason)
})

describe('of several addresses', () => {
  test('the next one is used if one is unreachable, and kept', async () => {
    await using server = await startServer()
    const client = new DiscoveryClient({ registryUrl: [UNREACHABLE, server.url] })
    expect(await client.list()).toHaveLength(1)
    expect(await client.list()).toHaveLength(1)
    expect(server.requests).toHaveLength(2)
  })

  test('a comma-separated list is accepted, as in REGISTRY_URL', async () => {
    await using server = await startServer()
    vi.stubEnv('REGISTRY_URL', `${UNREACHABLE}/, ${server.url}`)
    const client = new DiscoveryClient()
    vi.unstubAllEnvs()
    expect(client.registryUrl).toBe(`${UNREACHABLE},${server.url}`)
    expect(await client.list()).toHaveLength(1)
  })

  test('a temporary failure (503) causes failover, a rejection does not', async () => {
    await using down = await ScriptedServer.start((_, response) =>
      respondProblem(response, 503, 'STORAGE_UNAVAILABLE'),
    )
    await using rejecting = await ScriptedServer.start((_, response) =>
      respondProblem(response, 422, 'VALIDATION_FAILED'),
    )
    await using server = await startServer()
    const failover = new DiscoveryClient({ registryUrl: [down.url, server.url] })
    expect(await failover.list()).toHaveLength(1)
    const rejected = new DiscoveryClient({ registryUrl: [rejecting.url, server.url] })
    await expect(rejected.list()).rejects.toSatisfy((error) =>
      isApiError(error, 'VALIDATION_FAILED'),
    )
  })

  test('all share the timeout of a call', async () => {
    await using silent = await ScriptedServer.start(() => undefined)
    const connection = new RegistryConnection({ registryUrl: [silent.url, silent.url] })
    const error = await connection.call({ ...LIST, timeoutMs: 80 }).catch((it: unknown) => it)
    if (!isTimeoutError(error)) throw new Error('not the error that was expected')
    expect(silent.requests).toHaveLength(2)
    expect(error.timeoutMs).toBeLessThanOrEqual(41)
  })

  test('a stream fails over as well', async () => {
    await using server = await ScriptedServer.start((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      response.write('data: {"type":"synced","revision":7}\n\n')
    })
    const client = new DiscoveryClient({ registryUrl: [UNREACHABLE, server.url] })
    await using view = client.liveView()
    await view.ready
    expect(view.isConnected).toBe(true)
  })

  test.each(['', 'http://a:1,b:2', 'http://a, ftp://b'])('"%s" is rejected', (registryUrl) => {
    expect(() => new DiscoveryClient({ registryUrl })).toThrow(TypeError)
  })
})

test('in a browser, the error for another origin says what the registry must allow', async () => {
  vi.stubGlobal('location', { origin: 'https://app.example' })
  const elsewhere = await new DiscoveryClient({ registryUrl: UNREACHABLE }).list().catch(String)
  vi.stubGlobal('location', { origin: UNREACHABLE })
  const same = await new DiscoveryClient({ registryUrl: UNREACHABLE }).list().catch(String)
  vi.unstubAllGlobals()
  expect(elsewhere).toContain('must allow the origin https://app.example (--cors-origin)')
  expect(same).not.toContain('cors')
})

function circle(): Record<string, unknown> {
  const metadata: Record<string, unknown> = {}
  metadata.self = metadata
  return metadata
}

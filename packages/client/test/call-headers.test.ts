// What stands in front of a registry: a gateway that wants a token, Basic authentication, several nodes.
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
import { answerJson, answerProblem, ScriptedServer } from './support/scripted-server.ts'

const LIST: Call = { method: 'GET', path: '/agents' }
/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:2'

const startServer = () =>
  ScriptedServer.start((_, response) => answerJson(response, 200, [{ agent_id: 'a' }]))

async function headersOf(options: object) {
  await using server = await startServer()
  const client = new DiscoveryClient({ registryUrl: server.url, ...options })
  await client.list()
  return server.requests[0]?.headers
}

describe('each call carries', () => {
  test('the token, as a text or from a function', async () => {
    expect(await headersOf({ token: 'abc' })).toMatchObject({ authorization: 'Bearer abc' })
    expect(await headersOf({ token: async () => 'abc' })).toMatchObject({
      authorization: 'Bearer abc',
    })
  })

  test('the headers, and they win', async () => {
    const headers = { 'X-Tenant': 'blue', Authorization: 'Own x' }
    expect(await headersOf({ token: 'abc', headers })).toMatchObject({
      'x-tenant': 'blue',
      authorization: 'Own x',
    })
    expect(await headersOf({ headers: () => headers })).toMatchObject({ 'x-tenant': 'blue' })
  })

  test('the credentials of the address, decoded, as Basic authentication', async () => {
    await using server = await startServer()
    const { host } = new URL(server.url)
    const client = new DiscoveryClient({ registryUrl: `http://me:p%40ss%C3%A9@${host}` })
    await client.list()
    const { authorization } = server.requests[0]?.headers ?? {}
    const [scheme, text] = String(authorization).split(' ')
    expect(scheme).toBe('Basic')
    expect(Buffer.from(String(text), 'base64').toString()).toBe('me:p@ssé')
  })

  test('a token that is fetched anew for each', async () => {
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

describe('a function that supplies a token', () => {
  const listWith = (token: () => string | Promise<string>, timeoutMs = 5000) =>
    new DiscoveryClient({ registryUrl: NOBODY, token, timeoutMs }).list()

  test('and throws may be asked again', async () => {
    const failure = listWith(() => {
      throw new Error('the vault is sealed')
    })
    await expect(failure).rejects.toSatisfy(isNetworkError)
    await expect(failure).rejects.toThrow('`token` failed: the vault is sealed')
  })

  test('and never answers is waited for as long as for the registry', async () => {
    const failure = listWith(() => new Promise(() => undefined), 30)
    await expect(failure).rejects.toSatisfy(isTimeoutError)
  })
})

test('a header that HTTP cannot carry is refused by name, without its value', async () => {
  const client = new DiscoveryClient({ registryUrl: NOBODY, token: 'abc\ndef' })
  const error = await client.list().catch((it: unknown) => it)
  expect(error).toBeInstanceOf(TypeError)
  expect(String(error)).toContain('"authorization"')
  expect(String(error)).not.toContain('abc')
})

test.each([
  ['a BigInt', { id: 1n }, '1 in "id"'],
  ['a circle', circle(), 'circular structure'],
])('metadata with %s is refused at once', (_, metadata, reason) => {
  const options = { agentId: 'a', agentName: 'A', metadata, registryUrl: NOBODY }
  expect(() => new AgentRegistryClient(options)).toThrow(TypeError)
  expect(() => new AgentRegistryClient(options)).toThrow(reason)
})

describe('of several addresses', () => {
  test('the next one is tried when one does not answer, and kept', async () => {
    await using server = await startServer()
    const client = new DiscoveryClient({ registryUrl: [NOBODY, server.url] })
    expect(await client.list()).toHaveLength(1)
    expect(await client.list()).toHaveLength(1)
    expect(server.requests).toHaveLength(2)
  })

  test('they may stand in one text, as in REGISTRY_URL', async () => {
    await using server = await startServer()
    vi.stubEnv('REGISTRY_URL', `${NOBODY}/, ${server.url}`)
    const client = new DiscoveryClient()
    vi.unstubAllEnvs()
    expect(client.registryUrl).toBe(`${NOBODY},${server.url}`)
    expect(await client.list()).toHaveLength(1)
  })

  test('one that is down for now (503) is passed over, and one that refuses is not', async () => {
    await using down = await ScriptedServer.start((_, response) =>
      answerProblem(response, 503, 'STORAGE_UNAVAILABLE'),
    )
    await using refusing = await ScriptedServer.start((_, response) =>
      answerProblem(response, 422, 'VALIDATION_FAILED'),
    )
    await using server = await startServer()
    const over = new DiscoveryClient({ registryUrl: [down.url, server.url] })
    expect(await over.list()).toHaveLength(1)
    const refused = new DiscoveryClient({ registryUrl: [refusing.url, server.url] })
    await expect(refused.list()).rejects.toSatisfy((error) =>
      isApiError(error, 'VALIDATION_FAILED'),
    )
  })

  test('all share the time of a call', async () => {
    await using silent = await ScriptedServer.start(() => undefined)
    const connection = new RegistryConnection({ registryUrl: [silent.url, silent.url] })
    const error = await connection.call({ ...LIST, timeoutMs: 80 }).catch((it: unknown) => it)
    if (!isTimeoutError(error)) throw new Error('not the error that was expected')
    expect(silent.requests).toHaveLength(2)
    expect(error.timeoutMs).toBeLessThanOrEqual(41)
  })

  test('a stream finds the one that answers, too', async () => {
    await using server = await ScriptedServer.start((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      response.write('data: {"type":"synced","revision":7}\n\n')
    })
    const client = new DiscoveryClient({ registryUrl: [NOBODY, server.url] })
    await using view = client.liveView()
    await view.ready
    expect(view.isConnected).toBe(true)
  })

  test.each(['', 'http://a:1,b:2', 'http://a, ftp://b'])('"%s" is refused', (registryUrl) => {
    expect(() => new DiscoveryClient({ registryUrl })).toThrow(TypeError)
  })
})

test('in a page, an address at another origin is named as what may be the reason', async () => {
  vi.stubGlobal('location', { origin: 'https://app.example' })
  const elsewhere = await new DiscoveryClient({ registryUrl: NOBODY }).list().catch(String)
  vi.stubGlobal('location', { origin: NOBODY })
  const same = await new DiscoveryClient({ registryUrl: NOBODY }).list().catch(String)
  vi.unstubAllGlobals()
  expect(elsewhere).toContain('must allow pages of https://app.example (CORS)')
  expect(same).not.toContain('CORS')
})

function circle(): Record<string, unknown> {
  const metadata: Record<string, unknown> = {}
  metadata.self = metadata
  return metadata
}

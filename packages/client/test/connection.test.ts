import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { isApiError } from '../src/errors/api-error.ts'
import { isRegistryClientError, type RegistryClientError } from '../src/errors/client-error.ts'
import { isNetworkError } from '../src/errors/network-error.ts'
import { isTimeoutError } from '../src/errors/timeout-error.ts'
import type { Call } from '../src/transport/call.ts'
import { RegistryConnection } from '../src/transport/connection.ts'
import { failureOf } from './support/failure-of.ts'
import { respondJson, respondProblem, ScriptedServer } from './support/scripted-server.ts'

const LIST: Call = { method: 'GET', path: '/agents' }

async function clientErrorOf(promise: Promise<unknown>): Promise<RegistryClientError> {
  const failure = await failureOf(promise)
  if (!isRegistryClientError(failure))
    throw new Error('not an error of this package', { cause: failure })
  return failure
}

describe('a successful response', () => {
  test('has a body and headers', async () => {
    await using server = await ScriptedServer.start((_, response) =>
      respondJson(response, 200, [1, 2], { link: '</agents?cursor=x>; rel="next"' }),
    )
    const connection = new RegistryConnection({ registryUrl: `${server.url}/` })
    const { body, headers } = await connection.call<number[]>(LIST)
    expect(body).toEqual([1, 2])
    expect(headers.get('link')).toBe('</agents?cursor=x>; rel="next"')
    expect(server.requests[0]?.path).toBe('/agents')
  })

  test('a request body is sent as JSON, and no body without a content type', async () => {
    await using server = await ScriptedServer.start((_, response) => respondJson(response, 200, {}))
    const connection = new RegistryConnection({ registryUrl: server.url })
    await connection.call({ method: 'POST', path: '/x', body: { name: 'Zürich' } })
    await connection.call({ method: 'POST', path: '/x' })
    const [withBody, without] = server.requests
    expect(withBody?.headers['content-type']).toBe('application/json')
    expect(withBody?.body).toEqual({ name: 'Zürich' })
    expect(without?.headers['content-type']).toBeUndefined()
    expect(without?.body).toBeUndefined()
  })

  test('the path of an address is kept', async () => {
    await using server = await ScriptedServer.start((_, response) => respondJson(response, 200, {}))
    const connection = new RegistryConnection({ registryUrl: `${server.url}/registry` })
    await connection.call(LIST)
    expect(server.requests[0]?.path).toBe('/registry/agents')
  })

  test('may come from a custom fetch, called without a receiver', async () => {
    let receiver: unknown = 'not called'
    const connection = new RegistryConnection({
      registryUrl: 'http://registry',
      fetch: function (this: unknown) {
        receiver = this
        return Promise.resolve(Response.json({ ok: true }))
      },
    })
    expect((await connection.call(LIST)).body).toEqual({ ok: true })
    expect(receiver).toBeUndefined()
  })
})

describe('an error response', () => {
  test('is an ApiError with all fields of the problem details', async () => {
    const errors = [{ pointer: '/port', detail: 'must be <= 65535' }]
    await using server = await ScriptedServer.start((_, response) =>
      respondJson(
        response,
        422,
        { code: 'VALIDATION_ERROR', detail: 'port is too large', request_id: 'r-1', errors },
        { 'retry-after': '2' },
      ),
    )
    const connection = new RegistryConnection({ registryUrl: server.url })
    const error = await clientErrorOf(connection.call(LIST))
    expect(error).toMatchObject({
      name: 'ApiError',
      message: 'port is too large',
      status: 422,
      code: 'VALIDATION_ERROR',
      requestId: 'r-1',
      errors,
      retryAfterSeconds: 2,
      isTransient: false,
    })
    expect(isApiError(error)).toBe(true)
    expect(isApiError(error, 'VALIDATION_ERROR')).toBe(true)
    expect(isApiError(error, 'AGENT_NOT_FOUND')).toBe(false)
    expect(isNetworkError(error) || isTimeoutError(error)).toBe(false)
  })

  test.for(['<h1>Bad gateway</h1>', '', 'null', '"no"', '[]'])(
    'of a proxy with the body "%s" is an ApiError with an unknown code',
    async (text) => {
      await using server = await ScriptedServer.start((_, response) => {
        response.writeHead(502).end(text)
      })
      const connection = new RegistryConnection({ registryUrl: server.url })
      expect(await clientErrorOf(connection.call(LIST))).toMatchObject({
        message: `GET ${server.url}/agents: responded with 502`,
        status: 502,
        code: 'UNKNOWN',
        requestId: undefined,
        errors: [],
        retryAfterSeconds: undefined,
        isTransient: true,
      })
    },
  )

  test.for([
    [500, true],
    [503, true],
    [429, true],
    [408, true],
    [400, false],
    [404, false],
    [409, false],
  ] as const)('with the status %d is transient: %s', async ([status, isTransient]) => {
    await using server = await ScriptedServer.start((_, response) =>
      respondProblem(response, status, 'X'),
    )
    const connection = new RegistryConnection({ registryUrl: server.url })
    expect((await clientErrorOf(connection.call(LIST))).isTransient).toBe(isTransient)
  })

  test('has the Retry-After of a date as seconds from now', async () => {
    const inTwoMinutes = new Date(Date.now() + 120_000).toUTCString()
    await using server = await ScriptedServer.start((_, response) =>
      respondProblem(response, 503, 'X', { 'retry-after': inTwoMinutes }),
    )
    const connection = new RegistryConnection({ registryUrl: server.url })
    const error = await failureOf(connection.call(LIST))
    const { retryAfterSeconds = 0 } = isApiError(error) ? error : {}
    // A date has whole seconds, and a slow machine may take a few.
    expect(retryAfterSeconds).toBeGreaterThan(90)
    expect(retryAfterSeconds).toBeLessThanOrEqual(120)
  })

  test('to opening a stream is the same', async () => {
    await using server = await ScriptedServer.start((_, response) =>
      respondProblem(response, 400, 'VALIDATION_ERROR'),
    )
    const connection = new RegistryConnection({ registryUrl: server.url })
    const error = await failureOf(connection.open({ method: 'GET', path: '/events' }))
    expect(isApiError(error, 'VALIDATION_ERROR')).toBe(true)
  })
})

describe('a NetworkError', () => {
  test('for a refused connection names the address, the reason and what to check', async () => {
    const registryUrl = await addressWithoutServer()
    const connection = new RegistryConnection({ registryUrl })
    for (const call of [connection.call(LIST), connection.open(LIST)]) {
      const error = await clientErrorOf(call)
      expect(isNetworkError(error)).toBe(true)
      expect(error.isTransient).toBe(true)
      expect(error.message).toContain(`GET ${registryUrl}/agents: `)
      expect(error.message).toContain('ECONNREFUSED')
      expect(error.message).toContain('Is the registry running?')
    }
  })

  test('results from an incomplete body', async () => {
    await using server = await ScriptedServer.start((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('[{"agent_id":')
      setImmediate(() => response.destroy())
    })
    const connection = new RegistryConnection({ registryUrl: server.url })
    const error = await clientErrorOf(connection.call(LIST))
    expect(isNetworkError(error)).toBe(true)
    expect(error.cause).toBeDefined()
  })

  test('results from an incomplete error body', async () => {
    await using server = await ScriptedServer.start((_, response) => {
      response.writeHead(503, { 'content-length': '100' })
      response.write('{"code":')
      setImmediate(() => response.destroy())
    })
    const connection = new RegistryConnection({ registryUrl: server.url })
    expect(isNetworkError(await failureOf(connection.call(LIST)))).toBe(true)
  })

  test.for(['<html>', '', '[1,'])(
    'results from a successful response with the body "%s"',
    async (text) => {
      await using server = await ScriptedServer.start((_, response) => {
        response.writeHead(200).end(text)
      })
      const connection = new RegistryConnection({ registryUrl: server.url })
      const error = await clientErrorOf(connection.call(LIST))
      expect(isNetworkError(error)).toBe(true)
      expect(error.message).toContain('not JSON')
    },
  )

  test('results from a connection that is closed immediately', async () => {
    await using server = await ScriptedServer.start((_, response) => response.destroy())
    const connection = new RegistryConnection({ registryUrl: server.url })
    expect(isNetworkError(await failureOf(connection.call(LIST)))).toBe(true)
  })
})

describe('a TimeoutError', () => {
  test('results from no response in time', async () => {
    await using server = await ScriptedServer.start(() => undefined)
    const connection = new RegistryConnection({ registryUrl: server.url })
    const error = await clientErrorOf(connection.call({ ...LIST, timeoutMs: 30 }))
    expect(isTimeoutError(error)).toBe(true)
    expect(error).toMatchObject({ timeoutMs: 30, isTransient: true })
    expect(error.message).toBe(`GET ${server.url}/agents: no response within 30 ms`)
  })

  test('results from a response that never ends', async () => {
    await using server = await ScriptedServer.start((_, response) => {
      response.writeHead(200)
      response.write('[')
    })
    const connection = new RegistryConnection({ registryUrl: server.url })
    const error = await failureOf(connection.call({ ...LIST, timeoutMs: 50 }))
    expect(isTimeoutError(error)).toBe(true)
  })

  test('results from a stream without headers in time', async () => {
    await using server = await ScriptedServer.start(() => undefined)
    const connection = new RegistryConnection({ registryUrl: server.url })
    const error = await failureOf(connection.open({ ...LIST, timeoutMs: 30 }))
    expect(isTimeoutError(error)).toBe(true)
  })

  test('does not result from an idle stream', async () => {
    const late = Promise.withResolvers<void>()
    await using server = await ScriptedServer.start(async (_, response) => {
      response.writeHead(200).flushHeaders()
      await late.promise
      response.end('late')
    })
    const connection = new RegistryConnection({ registryUrl: server.url })
    const response = await connection.open({ ...LIST, timeoutMs: 30 })
    // Longer than the timeout: a timer of the same clock that was set later has fired.
    await new Promise((resolve) => setTimeout(resolve, 60))
    late.resolve()
    expect(await response.text()).toBe('late')
  })
})

async function addressWithoutServer(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

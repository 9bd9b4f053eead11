import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OpenApiReader } from '../../packages/server/test/openapi/support/openapi-reader.ts'
import { FuzzClient } from './support/fuzz-client.ts'
import { describeRequest, type FuzzRequest } from './support/fuzz-request.ts'
import { exchange } from './support/fuzz-run.ts'
import { FuzzedServer } from './support/fuzzed-server.ts'
import { hostileRequests } from './support/hostile-requests.ts'
import { ResponseChecker } from './support/response-checker.ts'
import { SchemaValues } from './support/schema-values.ts'

let server: FuzzedServer
beforeAll(async () => {
  server = await FuzzedServer.start()
})
afterAll(() => server[Symbol.asyncDispose]())

async function readOpenApi(): Promise<OpenApiReader> {
  // Once a token is created that sees only some agents, nobody reads without one.
  const headers = { authorization: `Bearer ${server.token}` }
  const response = await fetch(`${server.baseUrl}/openapi.json`, { headers })
  return new OpenApiReader(await response.json())
}

test('no request gets an invalid response; a counterexample is shrunk', async () => {
  const openApi = await readOpenApi()
  const checker = new ResponseChecker(openApi)
  await using client = new FuzzClient(server.baseUrl)
  const check = async (request: FuzzRequest) => {
    const { fault, response } = await exchange(client, checker, request)
    expect(fault, `${describeRequest(request)}\n${response}`).toBeUndefined()
  }
  await fc.assert(fc.asyncProperty(hostileRequests(openApi, server.token), check), { numRuns: 400 })
})

describe('the generated requests', () => {
  test('are of every kind: many valid, most invalid, covering all operations', async () => {
    const openApi = await readOpenApi()
    const checker = new ResponseChecker(openApi)
    await using client = new FuzzClient(server.baseUrl)
    const statuses = new Set<string>()
    for (const request of fc.sample(hostileRequests(openApi, server.token), {
      numRuns: 1000,
      seed: 7,
    })) {
      statuses.add((await exchange(client, checker, request)).status)
    }
    const usual = ['200', '400', '404', '405', '410', '413', '414', '415', '422', '431']
    expect([...statuses]).toEqual(expect.arrayContaining(usual))
  })

  test('are based on values that obey their schemas', async () => {
    const openApi = await readOpenApi()
    const values = new SchemaValues(openApi)
    for (const { operationId, requestBody, pointer } of openApi.operations) {
      if (!requestBody) continue
      const schema = `${pointer}/requestBody/content/application~1json/schema`
      const sample = fc.sample(values.of(openApi.at(schema)), { numRuns: 200, seed: 7 })
      const problems = sample.flatMap((value) => openApi.problems(schema, value))
      expect(problems, operationId).toEqual([])
    }
  })
})

describe('the response checker', () => {
  test('detects invalid responses', async () => {
    const checker = new ResponseChecker(await readOpenApi())
    const request: FuzzRequest = {
      method: 'GET',
      target: '/agents/some-id',
      version: 'HTTP/1.1',
      headers: [],
      body: undefined,
      framing: 'length',
    }
    const faultOf = (status: number, type: string, body: unknown, more: [string, string][] = []) =>
      checker.faultOf(request, {
        statusLine: '',
        status,
        headerLines: [],
        headers: new Map([['content-type', type], ...more]),
        body: Buffer.from(JSON.stringify(body)),
      })
    const problem = {
      type: 'urn:x',
      title: 'x',
      status: 422,
      detail: 'x',
      code: 'VALIDATION_FAILED',
      request_id: 'x',
      errors: [{ pointer: '', message: 'x' }],
    }
    const json = 'application/json'
    const problemType = 'application/problem+json'
    expect(faultOf(422, problemType, problem)).toBeUndefined()
    expect(faultOf(500, problemType, problem)).toBe('500')
    expect(faultOf(422, json, problem)).toMatch(/is not a problem document/)
    expect(faultOf(404, problemType, problem)).toMatch(/says that it is 422/)
    expect(faultOf(422, problemType, { ...problem, code: 'NEW' })).toMatch(/has the code NEW/)
    expect(faultOf(422, problemType, { ...problem, errors: [] })).toMatch(/has no errors/)
    expect(faultOf(422, problemType, { ...problem, title: 7 })).toMatch(/invalid problem/)
    expect(faultOf(200, json, { agent_id: 'some-id' })).toMatch(/getAgent 200/)
    expect(faultOf(200, 'text/html', 'x')).toMatch(/as text\/html/)
    expect(faultOf(404, problemType, problem, [['x-injected', 'yes']])).toMatch(/injected/)
  })
})

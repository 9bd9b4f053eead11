import { type ErrorCode, PROBLEM_MEDIA_TYPE } from '@rollcall/protocol'
import { AgentRegistryServer, RegistryError } from '@rollcall/server'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from '../../../../test/http/support/problem-expectation.ts'
import type { Answer } from '../../../../test/http/support/response.ts'
import { FailingRepository } from './support/failing-repository.ts'

const SECRET = 'password=hunter2 at /var/lib/secret.ts:17'

const FAILURES: Readonly<Record<string, { failure: Error; code: ErrorCode }>> = {
  'that is unavailable': {
    failure: new RegistryError('STORAGE_UNAVAILABLE', 'the disk is full'),
    code: 'STORAGE_UNAVAILABLE',
  },
  'with a bug': { failure: new Error(SECRET), code: 'INTERNAL_ERROR' },
  'that was closed': {
    failure: new RegistryError('CLOSED', 'the registry is closed'),
    code: 'SHUTTING_DOWN',
  },
}

const registration = { agent_id: 'a', agent_name: 'A', host: 'h', port: 1 }

/** Every call that needs the store, with its body. */
const CALLS: Readonly<Record<string, readonly [string, string, object?]>> = {
  registering: ['POST', '/agents/register', registration],
  'a plain heartbeat': ['POST', '/agents/a/heartbeat'],
  'a heartbeat with a report': ['POST', '/agents/a/heartbeat', { load: 0.5 }],
  'a heartbeat of an unknown agent': ['POST', '/agents/unknown/heartbeat'],
  'a batch of heartbeats': ['POST', '/agents/heartbeats', { agent_ids: ['a'] }],
  'a list': ['GET', '/agents'],
  'a query': ['GET', '/agents?capability=search&limit=1'],
  'a sorted list': ['GET', '/agents?sort=load'],
  'targets for Prometheus': ['GET', '/sd/prometheus'],
  'a page of events': ['GET', '/events'],
  'a page of events since': ['GET', '/events?since=1'],
  'a stream of events': ['GET', '/events?snapshot=true'],
  'the history of an agent': ['GET', '/agents/a/events'],
  'a single read': ['GET', '/agents/a'],
  'a read of an unknown agent': ['GET', '/agents/unknown'],
  deregistering: ['DELETE', '/agents/a'],
  'the health': ['GET', '/health'],
  'the readiness': ['GET', '/health/ready'],
}

const repository = new FailingRepository()
const lines: string[] = []
const logger = pino({}, { write: (line: string) => lines.push(line) })
const server = new AgentRegistryServer('memory:', { repository, logger })
let baseUrl = ''

beforeAll(async () => {
  baseUrl = await server.listen({ port: 0 })
  await call('POST', '/agents/register', registration)
})
afterAll(async () => {
  await server.close()
  await repository.close()
})

async function call(method: string, path: string, json?: object): Promise<Answer> {
  const response = await fetch(baseUrl + path, {
    method,
    ...(json && { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
}

/** Makes the store fail during an action. */
async function whileFailing<T>(failure: Error, action: () => Promise<T>): Promise<T> {
  repository.failure = failure
  try {
    return await action()
  } finally {
    repository.failure = undefined
  }
}

describe.each(Object.entries(FAILURES))('with a store %s', (_name, { failure, code }) => {
  test.each(Object.entries(CALLS))('%s is never "not found"', async (_name, [...args]) => {
    // A 404 would make a whole fleet register again at the worst moment.
    const response = await whileFailing(failure, () => call(...args))
    // The probe reports which check failed, whatever the reason.
    expectProblem(response, args[1] === '/health/ready' ? 'STORAGE_UNAVAILABLE' : code)
    expect(response.headers.get('content-type')).toBe(PROBLEM_MEDIA_TYPE)
  })

  test('every call works again as soon as the store does', async () => {
    await whileFailing(failure, () => call('GET', '/agents'))
    for (const [method, path, json] of Object.values(CALLS)) {
      // A successful stream does not end.
      if (/unknown|snapshot/.test(path) || method === 'DELETE') continue
      expect((await call(method, path, json)).status).toBe(200)
    }
  })

  test.each([['a plain heartbeat'], ['a heartbeat with a report']])(
    '%s calls it once',
    async (name) => {
      // Each call of an unresponsive store waits for its timeout: two calls take twice as long.
      const before = repository.failedHeartbeats
      await whileFailing(failure, () => call(...(CALLS[name] as [string, string, object?])))
      expect(repository.failedHeartbeats).toBe(before + 1)
    },
  )

  test('the process is still up', async () => {
    const response = await whileFailing(failure, () => call('GET', '/health/live'))
    expect(response.status).toBe(200)
  })
})

test('the liveness probe fails when the store is permanently lost', async () => {
  repository.lost = new RegistryError('STORAGE_UNAVAILABLE', 'the store was lost')
  try {
    expectProblem(await call('GET', '/health/live'), 'STORAGE_UNAVAILABLE')
  } finally {
    repository.lost = undefined
  }
  expect((await call('GET', '/health/live')).status).toBe(200)
})

test('a 503 has a Retry-After header, in whole seconds', async () => {
  for (const { failure, code } of Object.values(FAILURES)) {
    for (const [...args] of Object.values(CALLS)) {
      const { status, headers } = await whileFailing(failure, () => call(...args))
      if (status === 503) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      else expect(code).toBe('INTERNAL_ERROR')
    }
  }
})

test('details of unexpected errors are never disclosed', async () => {
  for (const [...args] of Object.values(CALLS)) {
    const { text } = await whileFailing(new Error(SECRET), () => call(...args))
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain('secret.ts')
  }
})

test('the log has them, with the id of the request in the response', async () => {
  lines.length = 0
  const { json } = await whileFailing(new Error(SECRET), () => call('GET', '/agents'))
  const [line] = lines.map((each) => JSON.parse(each))
  const { request_id: reqId } = json as { request_id: string }
  expect(line).toMatchObject({ msg: 'request failed', reqId, err: { message: SECRET } })
})

test('the detail contains the message of the store', async () => {
  const failure = new RegistryError('STORAGE_UNAVAILABLE', 'the disk is full')
  const response = await whileFailing(failure, () => call('POST', '/agents/register', registration))
  expect(expectProblem(response, 'STORAGE_UNAVAILABLE').detail).toContain('the disk is full')
})

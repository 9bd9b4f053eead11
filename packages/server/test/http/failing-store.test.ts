import { type ErrorCode, PROBLEM_MEDIA_TYPE } from '@rollcall/protocol'
import { AgentRegistryServer, RegistryError } from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from '../../../../test/http/support/problem-expectation.ts'
import type { Answer } from '../../../../test/http/support/response.ts'
import { FailingRepository } from './support/failing-repository.ts'

const SECRET = 'password=hunter2 at /var/lib/secret.ts:17'

const FAILURES: Readonly<Record<string, { failure: Error; code: ErrorCode }>> = {
  'that is in trouble': {
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

/** Every call that needs the store, and what it sends. */
const CALLS: Readonly<Record<string, readonly [string, string, object?]>> = {
  registering: ['POST', '/agents/register', registration],
  'a plain heartbeat': ['POST', '/agents/a/heartbeat'],
  'a heartbeat with a report': ['POST', '/agents/a/heartbeat', { load: 0.5 }],
  'a heartbeat of an unknown agent': ['POST', '/agents/nobody/heartbeat'],
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
  'a read of an unknown agent': ['GET', '/agents/nobody'],
  deregistering: ['DELETE', '/agents/a'],
  'the health': ['GET', '/health'],
  'the readiness': ['GET', '/health/ready'],
}

const repository = new FailingRepository()
const server = new AgentRegistryServer('memory:', { repository })
let baseUrl = ''

beforeAll(async () => {
  baseUrl = await server.listen({ port: 0 })
  await ask('POST', '/agents/register', registration)
})
afterAll(async () => {
  await server.close()
  await repository.close()
})

async function ask(method: string, path: string, json?: object): Promise<Answer> {
  const response = await fetch(baseUrl + path, {
    method,
    ...(json && { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
}

/** Lets the store fail while something is done, and never longer. */
async function whileFailing<T>(failure: Error, action: () => Promise<T>): Promise<T> {
  repository.failure = failure
  try {
    return await action()
  } finally {
    repository.failure = undefined
  }
}

describe.each(Object.entries(FAILURES))('with a store %s', (_name, { failure, code }) => {
  test.each(Object.entries(CALLS))('%s is never "not found"', async (_call, [...call]) => {
    // A 404 would make a whole fleet register again at the worst moment.
    const answer = await whileFailing(failure, () => ask(...call))
    // The probe says which check fails, whatever the reason.
    expectProblem(answer, call[1] === '/health/ready' ? 'STORAGE_UNAVAILABLE' : code)
    expect(answer.headers.get('content-type')).toBe(PROBLEM_MEDIA_TYPE)
  })

  test('every call works again as soon as the store does', async () => {
    await whileFailing(failure, () => ask('GET', '/agents'))
    for (const [method, path, json] of Object.values(CALLS)) {
      // A stream that works does not end.
      if (/nobody|snapshot/.test(path) || method === 'DELETE') continue
      expect((await ask(method, path, json)).status).toBe(200)
    }
  })

  test.each([['a plain heartbeat'], ['a heartbeat with a report']])(
    '%s asks it once',
    async (call) => {
      // Who asks a store that does not answer waits for its timeout, and twice is twice as long.
      const before = repository.failedHeartbeats
      await whileFailing(failure, () => ask(...(CALLS[call] as [string, string, object?])))
      expect(repository.failedHeartbeats).toBe(before + 1)
    },
  )

  test('the process is still up', async () => {
    const answer = await whileFailing(failure, () => ask('GET', '/health/live'))
    expect(answer.status).toBe(200)
  })
})

test('a store that is lost for good is a process to restart', async () => {
  repository.lost = new RegistryError('STORAGE_UNAVAILABLE', 'the store was lost')
  try {
    expectProblem(await ask('GET', '/health/live'), 'STORAGE_UNAVAILABLE')
  } finally {
    repository.lost = undefined
  }
  expect((await ask('GET', '/health/live')).status).toBe(200)
})

test('trouble says when to try again, in whole seconds', async () => {
  for (const { failure, code } of Object.values(FAILURES)) {
    for (const [...call] of Object.values(CALLS)) {
      const { status, headers } = await whileFailing(failure, () => ask(...call))
      if (status === 503) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      else expect(code).toBe('INTERNAL_ERROR')
    }
  }
})

test('what went wrong inside never leaves the server', async () => {
  for (const [...call] of Object.values(CALLS)) {
    const { text } = await whileFailing(new Error(SECRET), () => ask(...call))
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain('secret.ts')
  }
})

test('trouble of the store is told in its own words', async () => {
  const failure = new RegistryError('STORAGE_UNAVAILABLE', 'the disk is full')
  const answer = await whileFailing(failure, () => ask('POST', '/agents/register', registration))
  expect(expectProblem(answer, 'STORAGE_UNAVAILABLE').detail).toContain('the disk is full')
})

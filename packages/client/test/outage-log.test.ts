// What an agent logs while the registry is unreachable: one line at the start, one at the end, and
// an error with advice.
import { describe, expect, test, vi } from 'vitest'
import { AgentRegistryClient, isApiError, isNetworkError } from '../src/index.ts'
import { FakeRegistry, joinOptions } from './support/fake-registry.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'
import { ScriptedServer } from './support/scripted-server.ts'

function recordingLogger() {
  const warnings: string[] = []
  const details: string[] = []
  return {
    warnings,
    details,
    debug: (message: string) => void details.push(message),
    warn: (message: string) => void warnings.push(message),
  }
}

describe('joining', () => {
  test('an outage is logged once at the start and once at the end, with the address', async () => {
    const clock = new ManualClientClock()
    const logger = recordingLogger()
    await using registry = await FakeRegistry.start()
    registry.faults.push('reset', 503, 500)
    const joining = AgentRegistryClient.join({ ...joinOptions(registry, clock), logger })
    for (let attempts = 0; attempts < 3; attempts++) await clock.fireNext()
    await using _client = await joining
    expect(logger.warnings).toEqual([
      expect.stringMatching(
        `^agent a:1 cannot be registered, retrying: POST ${registry.server.url}/agents/register: `,
      ),
      `agent a:1: the registry at ${registry.server.url} is reachable again`,
    ])
    expect(logger.details).toHaveLength(2)
  })

  test('the final error has the address and advice, and neither stack nor cause', async () => {
    const clock = new ManualClientClock()
    clock.randomValue = 1
    await using registry = await FakeRegistry.start()
    registry.faults.push('reset', 'reset', 'reset')
    const options = { ...joinOptions(registry, clock), joinTimeoutMs: 700 }
    const failure = AgentRegistryClient.join(options).catch((error: unknown) => error)
    await clock.fireNext()
    const error = await failure
    if (!isNetworkError(error)) throw new Error('not the error that was expected', { cause: error })
    expect(error.message).toContain(registry.server.url)
    expect(error.message).toMatch(
      /Gave up after \d+ s\. Start a registry with "npx rollcall serve"/,
    )
    expect(error.stack).toBe(`NetworkError: ${error.message}`)
    expect('cause' in error).toBe(false)
  })

  test.each([404, 405, 501])(
    'a server that is not a registry (%d) is not retried, and is named',
    async (status) => {
      await using server = await ScriptedServer.start((_request, response) => {
        response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>no</h1>')
      })
      const options = { agentId: 'a:1', agentName: 'A', logger: null, registryUrl: server.url }
      const error = await AgentRegistryClient.join(options).catch((it: unknown) => it)
      if (!isApiError(error)) throw new Error('not the error that was expected', { cause: error })
      expect(error.message).toBe(
        `POST ${server.url}/agents/register: responded with ${status}. Is that a Rollcall registry?`,
      )
      expect(error.stack).toBe(`ApiError: ${error.message}`)
      expect(server.requests).toHaveLength(1)
    },
  )
})

test('failed heartbeats are logged once, and once when they succeed again', async () => {
  const clock = new ManualClientClock()
  const logger = recordingLogger()
  await using registry = await FakeRegistry.start()
  await using client = await AgentRegistryClient.join({ ...joinOptions(registry, clock), logger })
  const recovered = Promise.withResolvers<void>()
  client.on('recovered', () => recovered.resolve())
  registry.faults.push('reset', 'reset')
  for (let heartbeats = 0; heartbeats < 3; heartbeats++) await clock.fireNext()
  await recovered.promise
  expect(logger.warnings).toEqual([
    expect.stringContaining(
      `agent a:1 cannot send heartbeats, retrying: POST ${registry.server.url}`,
    ),
    `agent a:1: the registry at ${registry.server.url} is reachable again`,
  ])
})

test('without a logger lines go to the console; with null nothing is logged', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  try {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    const { logger: _none, ...loud } = joinOptions(registry, clock)
    for (const [options, lines] of [
      [loud, 2],
      [{ ...loud, logger: null }, 0],
    ] as const) {
      warn.mockClear()
      registry.faults.push('reset')
      const joining = AgentRegistryClient.join(options)
      await clock.fireNext()
      await using _client = await joining
      expect(warn).toHaveBeenCalledTimes(lines)
    }
  } finally {
    warn.mockRestore()
  }
})

test('no message contains the password of the address', async () => {
  const options = { agentId: 'a', agentName: 'A', logger: null, joinTimeoutMs: 0 }
  const registryUrl = 'http://me:s3cret@127.0.0.1:2'
  const error = await AgentRegistryClient.join({ ...options, registryUrl }).catch(
    (it: unknown) => it,
  )
  expect(String(error)).toContain('POST http://127.0.0.1:2/agents/register: ')
  expect(String(error)).not.toContain('s3cret')
})

test('no log line contains the password of the address', async () => {
  const clock = new ManualClientClock()
  const logger = recordingLogger()
  await using registry = await FakeRegistry.start()
  registry.faults.push('reset')
  const { host } = new URL(registry.server.url)
  const joining = AgentRegistryClient.join({
    ...joinOptions(registry, clock),
    logger,
    registryUrl: `http://me:s3cret@${host}`,
  })
  await clock.fireNext()
  await using client = await joining
  const back = Promise.withResolvers<unknown>()
  client.on('reregistered', back.resolve)
  registry.knowsAgent = false
  await clock.fireNext()
  await back.promise
  const lines = [...logger.warnings, ...logger.details]
  expect(lines.filter((line) => line.includes(`***@${host}`))).toHaveLength(2)
  expect(lines.join()).not.toContain('s3cret')
})

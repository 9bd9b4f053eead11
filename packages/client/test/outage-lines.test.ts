// What the operator of an agent reads while the registry is away: one line when that begins, one when it
// is over, and an error that says what to do.
import { describe, expect, test, vi } from 'vitest'
import { AgentRegistryClient, isApiError, isNetworkError } from '../src/index.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { joinOptions, SmallRegistry } from './support/small-registry.ts'

function collectingLogger() {
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
  test('a registry that is unreachable is logged once, and once that it is back, with the address', async () => {
    const clock = new ManualClientClock()
    const logger = collectingLogger()
    await using registry = await SmallRegistry.start()
    registry.faults.push('reset', 503, 500)
    const joining = AgentRegistryClient.join({ ...joinOptions(registry, clock), logger })
    for (let attempts = 0; attempts < 3; attempts++) await clock.ring()
    await using _client = await joining
    expect(logger.warnings).toEqual([
      expect.stringMatching(
        `^agent a:1 cannot be registered, trying again: POST ${registry.server.url}/agents/register: `,
      ),
      `agent a:1: the registry at ${registry.server.url} answers again`,
    ])
    expect(logger.details).toHaveLength(2)
  })

  test('given up, the error has the address and the way out, and neither stack nor cause', async () => {
    const clock = new ManualClientClock()
    clock.chance = 1
    await using registry = await SmallRegistry.start()
    registry.faults.push('reset', 'reset', 'reset')
    const options = { ...joinOptions(registry, clock), joinTimeoutMs: 700 }
    const failure = AgentRegistryClient.join(options).catch((error: unknown) => error)
    await clock.ring()
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
    'a server that is no registry (%d) is not asked again, and named',
    async (status) => {
      await using server = await ScriptedServer.start((_request, response) => {
        response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>no</h1>')
      })
      const options = { agentId: 'a:1', agentName: 'A', logger: null, registryUrl: server.url }
      const error = await AgentRegistryClient.join(options).catch((it: unknown) => it)
      if (!isApiError(error)) throw new Error('not the error that was expected', { cause: error })
      expect(error.message).toBe(
        `POST ${server.url}/agents/register: answered with ${status}. Is that a Rollcall registry?`,
      )
      expect(error.stack).toBe(`ApiError: ${error.message}`)
      expect(server.requests).toHaveLength(1)
    },
  )
})

test('heartbeats that fail are logged once, and once when they succeed again', async () => {
  const clock = new ManualClientClock()
  const logger = collectingLogger()
  await using registry = await SmallRegistry.start()
  await using client = await AgentRegistryClient.join({ ...joinOptions(registry, clock), logger })
  const recovered = Promise.withResolvers<void>()
  client.on('recovered', () => recovered.resolve())
  registry.faults.push('reset', 'reset')
  for (let beats = 0; beats < 3; beats++) await clock.ring()
  await recovered.promise
  expect(logger.warnings).toEqual([
    expect.stringContaining(
      `agent a:1 cannot send heartbeats, trying again: POST ${registry.server.url}`,
    ),
    `agent a:1: the registry at ${registry.server.url} answers again`,
  ])
})

test('without a logger it goes to the console; null says nothing', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  try {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const { logger: _none, ...loud } = joinOptions(registry, clock)
    for (const [options, lines] of [
      [loud, 2],
      [{ ...loud, logger: null }, 0],
    ] as const) {
      warn.mockClear()
      registry.faults.push('reset')
      const joining = AgentRegistryClient.join(options)
      await clock.ring()
      await using _client = await joining
      expect(warn).toHaveBeenCalledTimes(lines)
    }
  } finally {
    warn.mockRestore()
  }
})

test('a password in the address is in no message', async () => {
  const options = { agentId: 'a', agentName: 'A', logger: null, joinTimeoutMs: 0 }
  const registryUrl = 'http://me:s3cret@127.0.0.1:2'
  const error = await AgentRegistryClient.join({ ...options, registryUrl }).catch(
    (it: unknown) => it,
  )
  expect(String(error)).toContain('POST http://127.0.0.1:2/agents/register: ')
  expect(String(error)).not.toContain('s3cret')
})

test('a password in the address is in no line of the log', async () => {
  const clock = new ManualClientClock()
  const logger = collectingLogger()
  await using registry = await SmallRegistry.start()
  registry.faults.push('reset')
  const { host } = new URL(registry.server.url)
  const joining = AgentRegistryClient.join({
    ...joinOptions(registry, clock),
    logger,
    registryUrl: `http://me:s3cret@${host}`,
  })
  await clock.ring()
  await using client = await joining
  const back = Promise.withResolvers<unknown>()
  client.on('reregistered', back.resolve)
  registry.knowsAgent = false
  await clock.ring()
  await back.promise
  const lines = [...logger.warnings, ...logger.details]
  expect(lines.filter((line) => line.includes(`***@${host}`))).toHaveLength(2)
  expect(lines.join()).not.toContain('s3cret')
})

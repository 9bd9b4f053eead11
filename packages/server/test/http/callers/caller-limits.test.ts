import { AgentRegistryServer, type AgentRegistryServerOptions } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { tokenFile } from '../../access/support/token-file-on-disk.ts'

const TOKEN = 'a-token-of-the-first-team-in-clear-text'
const OTHER_TOKEN = 'a-token-of-the-other-team-in-clear-text'
/** So low that no second request is allowed while a test runs. */
const ONCE = 0.001
const AGENT = { agent_id: 'agent-1', agent_name: 'Agent', host: '10.0.0.7', port: 8000 }

/** A registry that is limited although only this machine reaches it. */
async function limited(options: AgentRegistryServerOptions) {
  const server = new AgentRegistryServer('memory:', { limitLocal: true, ...options })
  const url = await server.listen({ port: 0 })
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(url + path, init)
    await response.clone().arrayBuffer()
    return response
  }
  const statuses = async (...paths: string[]): Promise<number[]> => {
    const found: number[] = []
    for (const path of paths) found.push((await send(path)).status)
    return found
  }
  return { send, statuses, [Symbol.asyncDispose]: () => server.close() }
}

function bearer(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } }
}

function json(body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
}

test('a request beyond the rate gets 429 with the setting and a time to come back', async () => {
  await using registry = await limited({ rateLimit: ONCE })
  expect((await registry.send('/agents')).status).toBe(200)
  const refused = await registry.send('/agents')
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(900)
  expect(await refused.json()).toMatchObject({
    code: 'RATE_LIMITED',
    detail: expect.stringContaining('--rate-limit'),
  })
})

test('heartbeats are counted apart from the rest', async () => {
  await using registry = await limited({ rateLimit: ONCE })
  expect((await registry.send('/agents/register', json(AGENT))).status).toBe(200)
  expect(await registry.statuses('/agents')).toEqual([429])
  for (let beat = 0; beat < 20; beat++) {
    const { status } = await registry.send('/agents/agent-1/heartbeat', { method: 'POST' })
    expect(status).toBe(200)
  }
})

test('heartbeats have a rate of their own', async () => {
  await using registry = await limited({ heartbeatRateLimit: ONCE })
  await registry.send('/agents/register', json(AGENT))
  const beat = () => registry.send('/agents/agent-1/heartbeat', { method: 'POST' })
  expect((await beat()).status).toBe(200)
  const refused = await beat()
  expect(refused.status).toBe(429)
  expect(await refused.json()).toMatchObject({
    detail: expect.stringContaining('--heartbeat-rate-limit'),
  })
  expect(await registry.statuses('/agents', '/agents')).toEqual([200, 200])
})

test('a large batch counts as many heartbeats', async () => {
  await using registry = await limited({ heartbeatRateLimit: 50 })
  const ids = Array.from({ length: 10_000 }, (_, index) => `some-long-agent-id-${index}`)
  const batch = () => registry.send('/agents/heartbeats', json({ agent_ids: ids }))
  // Of 240 KiB, which count as 60.
  expect((await batch()).status).toBe(200)
  expect((await batch()).status).toBe(429)
})

test('a batch of unknown length counts as many heartbeats', async () => {
  await using registry = await limited({ heartbeatRateLimit: 50 })
  const headers = { 'content-type': 'application/json' }
  const batch = () => {
    const body = new Blob(['{"agent_ids":[]}']).stream()
    return registry.send('/agents/heartbeats', { method: 'POST', headers, body, duplex: 'half' })
  }
  expect((await batch()).status).not.toBe(429)
  expect((await batch()).status).toBe(429)
})

test('an empty batch counts as a heartbeat', async () => {
  await using registry = await limited({ heartbeatRateLimit: ONCE })
  const empty = () => registry.send('/agents/heartbeats', { method: 'POST' })
  expect((await empty()).status).not.toBe(429)
  expect((await empty()).status).toBe(429)
})

test.each(['/agents/register?of=/heartbeat', '/agents/register?of=/agents/heartbeats'])(
  'a request is no heartbeat because its query looks like one: %s',
  async (path) => {
    await using registry = await limited({ rateLimit: ONCE })
    const statuses: number[] = []
    for (const id of ['a', 'b']) {
      statuses.push((await registry.send(path, json({ ...AGENT, agent_id: id }))).status)
    }
    expect(statuses[1]).toBe(429)
  },
)

test('a rate of 0 allows any number', async () => {
  await using registry = await limited({ rateLimit: 0, heartbeatRateLimit: 0 })
  const paths = Array.from({ length: 30 }, () => '/agents')
  expect(new Set(await registry.statuses(...paths))).toEqual(new Set([200]))
})

test('probes are never limited: others must not make a supervisor restart the registry', async () => {
  await using registry = await limited({ rateLimit: ONCE })
  expect(await registry.statuses('/health', '/health')).toEqual([200, 429])
  const probes = ['/health/live', '/health/ready', '/health/live', '/health/ready']
  expect(await registry.statuses(...probes)).toEqual([200, 200, 200, 200])
})

describe('a caller', () => {
  test('is a token, wherever it is used', async () => {
    await using file = await tokenFile(`a read * ${TOKEN}`, `b read * ${OTHER_TOKEN}`)
    await using registry = await limited({ rateLimit: 2, tokenFile: file.path })
    // The first request is counted as one of the address, because the token is not known yet.
    const of = async (token: string) => (await registry.send('/agents', bearer(token))).status
    const first = [await of(TOKEN), await of(OTHER_TOKEN)]
    expect(first).toEqual([200, 200])
    const statuses = [await of(TOKEN), await of(TOKEN), await of(TOKEN)]
    expect(statuses).toContain(429)
    expect(await of(OTHER_TOKEN)).toBe(200)
  })

  test('with invented tokens is the address: each of them has no rate of its own', async () => {
    await using file = await tokenFile(`a read * ${TOKEN}`)
    await using registry = await limited({ rateLimit: ONCE, tokenFile: file.path })
    const statuses: number[] = []
    for (let index = 0; index < 3; index++) {
      statuses.push((await registry.send('/agents', bearer(`invented-${index}`))).status)
    }
    expect(statuses).toEqual([401, 429, 429])
  })
})

describe('without --limit-local', () => {
  const options = { limitLocal: false, rateLimit: ONCE }

  test('a registry that only this machine reaches limits no caller', async () => {
    await using registry = await limited(options)
    expect(await registry.statuses('/agents', '/agents')).toEqual([200, 200])
  })

  test('a registry behind a proxy limits its callers', async () => {
    const publicUrl = 'https://agents.example'
    await using registry = await limited({ ...options, publicUrl })
    expect(await registry.statuses('/agents', '/agents')).toEqual([200, 429])
  })
})

test('what is refused is counted by its setting', async () => {
  await using registry = await limited({ heartbeatRateLimit: ONCE })
  for (let beat = 0; beat < 3; beat++)
    await registry.send('/agents/a/heartbeat', { method: 'POST' })
  const metrics = await (await registry.send('/metrics')).text()
  expect(metrics).toMatch(
    /^rollcall_requests_rate_limited_total\{limit="heartbeat-rate-limit"\} 2$/m,
  )
})

test('a page at an allowed origin can read why it is refused', async () => {
  const origin = 'https://app.example'
  await using registry = await limited({ rateLimit: ONCE, corsOrigins: [origin] })
  await registry.send('/agents')
  const refused = await registry.send('/agents', { headers: { origin } })
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
    429,
    origin,
  ])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1)
})

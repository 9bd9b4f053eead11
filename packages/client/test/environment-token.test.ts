// Tokens that the environment provides, and what a client does when its token is refused.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AgentRegistryClient, DiscoveryClient, isNetworkError, TokenApi } from '../src/index.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'
import { respondJson, respondProblem, ScriptedServer } from './support/scripted-server.ts'
import { wireAgent } from './support/wire-agents.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-token-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const startServer = () => ScriptedServer.start((_, response) => respondJson(response, 200, []))
const tokensSent = ({ requests }: ScriptedServer) =>
  requests.map(({ headers }) => headers.authorization)

describe('a client', () => {
  test('sends the token in ROLLCALL_TOKEN, unless it is given one', async () => {
    vi.stubEnv('ROLLCALL_TOKEN', 'from-environment')
    await using server = await startServer()
    const { url: registryUrl } = server
    await new DiscoveryClient({ registryUrl }).list()
    await new TokenApi({ registryUrl }).list()
    await new DiscoveryClient({ registryUrl, token: 'given' }).list()
    expect(tokensSent(server)).toEqual([
      'Bearer from-environment',
      'Bearer from-environment',
      'Bearer given',
    ])
  })

  test('reads the file in ROLLCALL_TOKEN_FILE for each request, because tokens rotate', async () => {
    const file = join(folder, 'token')
    vi.stubEnv('ROLLCALL_TOKEN_FILE', file)
    await using server = await startServer()
    const client = new DiscoveryClient({ registryUrl: server.url })
    for (const token of ['first', 'second']) {
      writeFileSync(file, `${token}\n`)
      await client.list()
    }
    vi.stubEnv('ROLLCALL_TOKEN', 'more-direct')
    await new DiscoveryClient({ registryUrl: server.url }).list()
    expect(tokensSent(server)).toEqual(['Bearer first', 'Bearer second', 'Bearer more-direct'])
  })

  test('reports a file without a token as a failure that may pass, and sends nothing', async () => {
    const file = join(folder, 'token')
    vi.stubEnv('ROLLCALL_TOKEN_FILE', file)
    await using server = await startServer()
    const client = new DiscoveryClient({ registryUrl: server.url })
    for (const [content, problem] of [
      [undefined, 'ENOENT'],
      [' \n', 'which is empty'],
    ] as const) {
      if (content !== undefined) writeFileSync(file, content)
      const error = await client.list().catch((reason: unknown) => reason)
      expect(isNetworkError(error)).toBe(true)
      expect(String(error)).toContain(problem)
    }
    expect(server.requests).toEqual([])
  })
})

test.each([
  [401, 'UNAUTHENTICATED'],
  [403, 'FORBIDDEN'],
] as const)(
  'an agent whose heartbeat gets %i reports it and retries, without registering again',
  async (status, code) => {
    const clock = new ManualClientClock()
    let refusals = 2
    await using server = await ScriptedServer.start(({ path }, response) => {
      if (path.endsWith('/heartbeat') && refusals-- > 0)
        return respondProblem(response, status, code)
      respondJson(response, 200, wireAgent('a'))
    })
    const options = { registryUrl: server.url, agentId: 'a', agentName: 'A', host: 'h', clock }
    const agent = await AgentRegistryClient.join({
      ...options,
      token: 'secret-token',
      logger: null,
    })
    const errors: unknown[] = []
    let recoveries = 0
    agent.on('error', (error) => errors.push(error))
    agent.on('recovered', () => recoveries++)
    for (let round = 0; recoveries === 0 && round < 20; round++) {
      clock.advance(20_000)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(errors).toMatchObject([
      { status, code },
      { status, code },
    ])
    expect(String(errors)).not.toContain('secret-token')
    expect(server.requests.filter(({ path }) => path === '/agents/register')).toHaveLength(1)
    await agent.close()
  },
)

test('a group reports the agents that its token may not change, and renews the others', async () => {
  const clock = new ManualClientClock()
  await using server = await ScriptedServer.start(({ path, body }, response) => {
    if (path !== '/agents/heartbeats') {
      return respondJson(response, 200, wireAgent((body as { agent_id: string })?.agent_id ?? 'a'))
    }
    respondJson(response, 200, { ok: 1, unknown: [], forbidden: ['b'], revision: 1 })
  })
  const group = AgentRegistryClient.group({ registryUrl: server.url, clock, logger: null })
  for (const agentId of ['a', 'b']) await group.join({ agentId, agentName: 'A', host: 'h' })
  const errors: unknown[] = []
  group.on('error', (error) => errors.push(error))
  for (let round = 0; errors.length === 0 && round < 20; round++) {
    clock.advance(20_000)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(errors[0]).toMatchObject({
    status: 403,
    code: 'FORBIDDEN',
    message: 'the token may not change agent b',
  })
  expect(group.agents).toHaveLength(2)
  await group.close()
})

import { describe, expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'
import { respondJson, respondProblem, ScriptedServer } from './support/scripted-server.ts'
import { wireAgent } from './support/wire-agents.ts'

/**
 * A registry for groups, which can lose agents, reject one, and leave heartbeats without a
 * response.
 */
class GroupRegistry implements AsyncDisposable {
  readonly known = new Set<string>()
  rejected: string | undefined
  silent = 0
  /** Of an overloaded registry. */
  intervalFactor: number | undefined
  isUnreachable = false
  #held: Promise<void> | undefined
  readonly server: ScriptedServer

  private constructor(server: ScriptedServer) {
    this.server = server
  }

  static async start(): Promise<GroupRegistry> {
    const server = await ScriptedServer.start(async ({ method, path, body }, response) => {
      if (registry.isUnreachable) return void response.destroy()
      if (path === '/agents/register') {
        const { agent_id, ttl_seconds } = body as { agent_id: string; ttl_seconds: number }
        if (agent_id === registry.rejected) return respondProblem(response, 422, 'VALIDATION_ERROR')
        registry.known.add(agent_id)
        return respondJson(response, 200, wireAgent(agent_id, { ttl_seconds }))
      }
      if (path === '/agents/heartbeats') {
        if (registry.silent-- > 0) return
        const ids = idsIn(body)
        await registry.#held
        const unknown = ids.filter((id) => !registry.known.has(id))
        return respondJson(response, 200, {
          ok: ids.length - unknown.length,
          unknown,
          revision: 1,
          heartbeat_interval_factor: registry.intervalFactor,
        })
      }
      if (method === 'DELETE') registry.known.delete(decodeURIComponent(path.split('/')[2] ?? ''))
      respondJson(response, 200, { status: 'deleted' })
    })
    const registry = new GroupRegistry(server)
    return registry
  }

  /** Delays the response to the next batch until the returned function is called. */
  holdBatch(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    return resolve
  }

  /** The heartbeats of each batch. */
  get reports(): unknown[] {
    const batches = this.server.requests.filter(({ path }) => path === '/agents/heartbeats')
    return batches.map(({ body }) => (body as { heartbeats: unknown }).heartbeats)
  }

  /** The ids in each batch of heartbeats, in order of arrival. */
  get batches(): string[][] {
    const batches = this.server.requests.filter(({ path }) => path === '/agents/heartbeats')
    return batches.map(({ body }) => idsIn(body))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

function idsIn(body: unknown): string[] {
  const { heartbeats } = body as { heartbeats: readonly { agent_id: string }[] }
  return heartbeats.map(({ agent_id }) => agent_id)
}

const member = (agentId: string, ttlSeconds = 60) => ({
  agentId,
  agentName: 'A',
  host: '10.0.0.7',
  ttlSeconds,
})

test('agents of a group share one heartbeat request', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  for (const id of ['a', 'b', 'c']) await group.join(member(id))
  await clock.fireNext()
  await clock.nextTimer()
  expect(registry.batches).toEqual([['a', 'b', 'c']])
})

test('agents that join at the same time share one request as well', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  await Promise.all(['a', 'b', 'c', 'd'].map((id) => group.join(member(id))))
  expect(clock.timers).toHaveLength(1)
})

test('agents with a shorter TTL that join during a heartbeat shorten the shared interval', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  await group.join(member('slow'))
  registry.silent = 1
  await clock.fireNext()
  await registry.server.received(2)
  await Promise.all(['a', 'b', 'c', 'd'].map((id) => group.join(member(id, 6))))
  expect(clock.timers.map(({ ms }) => ms)).toEqual([2000])
})

test('the agent with the shortest TTL determines the interval', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  await group.join(member('slow', 60))
  expect((await clock.nextTimer()).ms).toBe(20_000)
  const fast = await group.join(member('fast', 6))
  expect((await clock.nextTimer()).ms).toBe(2000)
  await fast.close()
  await clock.fireNext()
  expect((await clock.nextTimer()).ms).toBe(20_000)
})

test.each([
  [1.5, 30_000],
  [0.5, 20_000],
  [99, 20_000],
])('an overloaded registry that asks for %d times the interval gets %i ms', async (factor, ms) => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  await group.join(member('a', 60))
  registry.intervalFactor = factor
  await clock.fireNext()
  expect((await clock.nextTimer()).ms).toBe(ms)
  registry.intervalFactor = undefined
  await clock.fireNext()
  expect((await clock.nextTimer()).ms).toBe(20_000)
})

test('a closed agent is not in later batches', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  const [, b] = [await group.join(member('a')), await group.join(member('b'))]
  await b.close()
  expect(group.agents.map(({ agentId }) => agentId)).toEqual(['a'])
  await clock.fireNext()
  await clock.nextTimer()
  expect(registry.batches).toEqual([['a']])
})

test('a deregistered agent is in no batch until it registers again', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  const [, b] = [await group.join(member('a')), await group.join(member('b'))]
  await b.deregister()
  await clock.fireNext()
  await clock.nextTimer()
  await b.register()
  await clock.fireNext()
  await clock.nextTimer()
  expect(registry.batches).toEqual([['a'], ['a', 'b']])
})

test('an agent that deregisters during a batch is not brought back by the response', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  const a = await group.join(member('a'))
  const release = registry.holdBatch()
  await clock.fireNext()
  await registry.server.received(2)
  await a.deregister()
  release()
  await clock.nextTimer()
  expect(registry.known.size).toBe(0)
})

test('a report made while the registry was unreachable arrives with the next batch, once', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  const a = await group.join(member('a'))
  await group.join(member('b'))
  registry.isUnreachable = true
  const late = new Promise((resolve) => a.on('late', resolve))
  const delivered = a.setStatus('draining')
  await late
  registry.isUnreachable = false
  await clock.fireNext()
  await delivered
  await clock.fireNext()
  await clock.nextTimer()
  expect(registry.reports).toEqual([
    [{ agent_id: 'a', status: 'draining' }, { agent_id: 'b' }],
    [{ agent_id: 'a' }, { agent_id: 'b' }],
  ])
})

test('closing the group deregisters all and leaves no timer', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  const group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  for (const id of ['a', 'b']) await group.join(member(id))
  await group.close()
  await group.close()
  expect(registry.known.size).toBe(0)
  expect(clock.timers).toEqual([])
})

describe('when the registry has lost the group', () => {
  test('all agents are registered again within one heartbeat', async () => {
    const clock = new ManualClientClock()
    await using registry = await GroupRegistry.start()
    await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
    const ids = Array.from({ length: 40 }, (_, i) => `a:${i}`)
    for (const id of ids) await group.join(member(id))
    registry.known.clear()
    await clock.fireNext()
    await clock.nextTimer()
    expect([...registry.known].sort()).toEqual(ids.sort())
  })

  test('each agent emits the same events as one without a group', async () => {
    const clock = new ManualClientClock()
    await using registry = await GroupRegistry.start()
    await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
    const agent = await group.join(member('a'))
    const log: string[] = []
    for (const name of ['registered', 'lost', 'reregistered'] as const) {
      agent.on(name, () => log.push(name))
    }
    registry.known.clear()
    await clock.fireNext()
    await clock.nextTimer()
    expect(log).toEqual(['lost', 'reregistered'])
  })

  test('an agent that is rejected does not affect the others', async () => {
    const clock = new ManualClientClock()
    await using registry = await GroupRegistry.start()
    await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
    const ids = Array.from({ length: 40 }, (_, i) => `a:${i}`)
    for (const id of ids) await group.join(member(id))
    registry.known.clear()
    registry.rejected = 'a:0'
    await clock.fireNext()
    await clock.nextTimer()
    expect(registry.known.size).toBe(39)
  })
})

test('a batch without a response times out after a third of the TTL', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  await group.join(member('a', 1))
  registry.silent = 1
  const startedAt = performance.now()
  await clock.fireNext()
  await clock.nextTimer()
  expect(performance.now() - startedAt).toBeLessThan(1000)
})

import { describe, expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'
import { answerJson, answerProblem, ScriptedServer } from './support/scripted-server.ts'
import { wireAgent } from './support/wire-agents.ts'

/** A registry for groups: it can forget, refuse one agent, and leave heartbeats unanswered. */
class GroupRegistry implements AsyncDisposable {
  readonly known = new Set<string>()
  refused: string | undefined
  silent = 0
  isAway = false
  #held: Promise<void> | undefined
  readonly server: ScriptedServer

  private constructor(server: ScriptedServer) {
    this.server = server
  }

  static async start(): Promise<GroupRegistry> {
    const server = await ScriptedServer.start(async ({ method, path, body }, response) => {
      if (registry.isAway) return void response.destroy()
      if (path === '/agents/register') {
        const { agent_id, ttl_seconds } = body as { agent_id: string; ttl_seconds: number }
        if (agent_id === registry.refused) return answerProblem(response, 422, 'VALIDATION_ERROR')
        registry.known.add(agent_id)
        return answerJson(response, 200, wireAgent(agent_id, { ttl_seconds }))
      }
      if (path === '/agents/heartbeats') {
        if (registry.silent-- > 0) return
        const ids = idsIn(body)
        await registry.#held
        const unknown = ids.filter((id) => !registry.known.has(id))
        return answerJson(response, 200, { ok: ids.length - unknown.length, unknown, revision: 1 })
      }
      if (method === 'DELETE') registry.known.delete(decodeURIComponent(path.split('/')[2] ?? ''))
      answerJson(response, 200, { status: 'deleted' })
    })
    const registry = new GroupRegistry(server)
    return registry
  }

  /** Holds the answer to the next batch until the function is called. */
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

  /** The ids in each batch of heartbeats, in order of their coming. */
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

test('agents of a group share one call for their heartbeats', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  for (const id of ['a', 'b', 'c']) await group.join(member(id))
  await clock.ring()
  await clock.timer()
  expect(registry.batches).toEqual([['a', 'b', 'c']])
})

test('agents that join at the same moment share one call, too', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  await Promise.all(['a', 'b', 'c', 'd'].map((id) => group.join(member(id))))
  expect(clock.timers).toHaveLength(1)
})

test('agents that join during a heartbeat with a shorter TTL make one faster beat of it', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  await group.join(member('slow'))
  registry.silent = 1
  await clock.ring()
  await registry.server.received(2)
  await Promise.all(['a', 'b', 'c', 'd'].map((id) => group.join(member(id, 6))))
  expect(clock.timers.map(({ ms }) => ms)).toEqual([2000])
})

test('the group beats as often as the most impatient of its agents needs it', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  await group.join(member('slow', 60))
  expect((await clock.timer()).ms).toBe(20_000)
  const fast = await group.join(member('fast', 6))
  expect((await clock.timer()).ms).toBe(2000)
  await fast.close()
  await clock.ring()
  expect((await clock.timer()).ms).toBe(20_000)
})

test('an agent that was closed is in no further batch', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  const [, b] = [await group.join(member('a')), await group.join(member('b'))]
  await b.close()
  expect(group.agents.map(({ agentId }) => agentId)).toEqual(['a'])
  await clock.ring()
  await clock.timer()
  expect(registry.batches).toEqual([['a']])
})

test('an agent that has deregistered is in no batch, and in the next one after it registered', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  const [, b] = [await group.join(member('a')), await group.join(member('b'))]
  await b.deregister()
  await clock.ring()
  await clock.timer()
  await b.register()
  await clock.ring()
  await clock.timer()
  expect(registry.batches).toEqual([['a'], ['a', 'b']])
})

test('an agent that deregisters while a batch is under way is not brought back by its answer', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  const a = await group.join(member('a'))
  const answer = registry.holdBatch()
  await clock.ring()
  await registry.server.received(2)
  await a.deregister()
  answer()
  await clock.timer()
  expect(registry.known.size).toBe(0)
})

test('what an agent said while the registry was away arrives with the next batch, once', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  const a = await group.join(member('a'))
  await group.join(member('b'))
  registry.isAway = true
  const late = new Promise((resolve) => a.on('late', resolve))
  const delivered = a.setStatus('draining')
  await late
  registry.isAway = false
  await clock.ring()
  await delivered
  await clock.ring()
  await clock.timer()
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

describe('when the registry has forgotten the group', () => {
  test('all are registered again within one beat', async () => {
    const clock = new ManualClientClock()
    await using registry = await GroupRegistry.start()
    await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
    const ids = Array.from({ length: 40 }, (_, i) => `a:${i}`)
    for (const id of ids) await group.join(member(id))
    registry.known.clear()
    await clock.ring()
    await clock.timer()
    expect([...registry.known].sort()).toEqual(ids.sort())
  })

  test('each agent is told of it as one that is alone', async () => {
    const clock = new ManualClientClock()
    await using registry = await GroupRegistry.start()
    await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
    const agent = await group.join(member('a'))
    const story: string[] = []
    for (const name of ['registered', 'lost', 'reregistered'] as const) {
      agent.on(name, () => story.push(name))
    }
    registry.known.clear()
    await clock.ring()
    await clock.timer()
    expect(story).toEqual(['lost', 'reregistered'])
  })

  test('one agent that is refused keeps nobody else out', async () => {
    const clock = new ManualClientClock()
    await using registry = await GroupRegistry.start()
    await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
    const ids = Array.from({ length: 40 }, (_, i) => `a:${i}`)
    for (const id of ids) await group.join(member(id))
    registry.known.clear()
    registry.refused = 'a:0'
    await clock.ring()
    await clock.timer()
    expect(registry.known.size).toBe(39)
  })
})

test('a batch without an answer is given up after a third of the TTL', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  await group.join(member('a', 1))
  registry.silent = 1
  const began = performance.now()
  await clock.ring()
  await clock.timer()
  expect(performance.now() - began).toBeLessThan(1000)
})

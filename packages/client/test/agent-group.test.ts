import { describe, expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { GroupRegistry, member } from './support/group-registry.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'

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

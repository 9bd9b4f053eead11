// Groups of agents, of which other processes register some.
import { AgentRegistryClient } from '@rollcall/client'
import { expect, test } from 'vitest'
import { ManualClientClock } from '../../packages/client/test/support/manual-client-clock.ts'
import { InstanceRegistry, takeovers } from './support/instance-registry.ts'

const ids = (agents: readonly { readonly agentId: string }[]) => agents.map((it) => it.agentId)

test('a group drops the agent that another instance has registered, and goes on', async () => {
  await using registry = await InstanceRegistry.start()
  const clock = new ManualClientClock()
  await using group = AgentRegistryClient.group({ registryUrl: registry.url, clock, logger: null })
  const a = await group.join(registry.options('one'))
  await group.join(registry.options('one', { agentId: 'b' }))
  const events = takeovers(a)
  const other = await registry.join('two')
  await clock.fireNext()
  await clock.nextTimer()
  expect(events).toEqual([{ agentId: 'a', incarnation: 2 }])
  expect(ids(group.agents)).toEqual(['b'])
  await clock.fireNext()
  await clock.nextTimer()
  await group.close()
  await a.close()
  expect(await registry.history()).toEqual(['registered', 'replaced'])
  expect(await registry.history('b')).toEqual(['registered', 'deregistered'])
  await other.client.close()
})

test('a dropped agent is in the group again once it takes over again', async () => {
  await using registry = await InstanceRegistry.start()
  const clock = new ManualClientClock()
  await using group = AgentRegistryClient.group({ registryUrl: registry.url, clock, logger: null })
  const a = await group.join(registry.options('one'))
  const other = await registry.join('two')
  await clock.fireNext()
  await clock.nextTimer()
  await a.register()
  expect(ids(group.agents)).toEqual(['a'])
  const before = await registry.agent()
  await clock.fireNext()
  await clock.nextTimer()
  expect(await registry.agent()).toMatchObject({ instanceId: 'one', incarnation: 3 })
  expect((await registry.agent())?.lastHeartbeatMs).toBeGreaterThanOrEqual(
    before?.lastHeartbeatMs ?? Number.POSITIVE_INFINITY,
  )
  await other.client.close()
})

test('agents of one group may be of different instances, or of none', async () => {
  await using registry = await InstanceRegistry.start()
  const clock = new ManualClientClock()
  await using group = AgentRegistryClient.group({ registryUrl: registry.url, clock, logger: null })
  for (const [agentId, instanceId] of Object.entries({ a: 'one', b: 'two', c: null })) {
    await group.join(registry.options(instanceId, { agentId }))
  }
  // Each takes over from the instance of another agent, and is found out.
  await registry.join('two')
  await registry.join('one', { agentId: 'b' })
  await clock.fireNext()
  await clock.nextTimer()
  expect(ids(group.agents)).toEqual(['c'])
})

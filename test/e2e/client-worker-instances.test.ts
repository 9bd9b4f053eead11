// An agent whose heartbeats come from a thread, and another process with its id.
import { joinFromWorker, type WorkerAgent } from '@rollcall/client/node'
import { expect, test } from 'vitest'
import { InstanceRegistry, takeovers } from './support/instance-registry.ts'

const TTL_SECONDS = 2

async function joinThread(registry: InstanceRegistry, warn: (line: string) => void) {
  const { fetch, clock, ...options } = registry.options('old', { ttlSeconds: TTL_SECONDS })
  const agent: WorkerAgent = await joinFromWorker({
    ...(options as object),
    agentId: 'a',
    agentName: 'A',
    logger: { debug: () => undefined, warn },
  })
  return { agent, events: takeovers(agent) }
}

test('the thread is the same instance, stops when superseded, and the agent says so once', async () => {
  await using registry = await InstanceRegistry.start()
  const lines: string[] = []
  const { agent, events } = await joinThread(registry, (line) => lines.push(line))
  await agent.heartbeat()
  expect(await registry.history()).toEqual(['registered'])
  const other = await registry.join('new')
  await expect.poll(() => events).toEqual([{ agentId: 'a', incarnation: 2 }])
  expect(lines).toEqual([expect.stringContaining('another instance (incarnation 2)')])
  await expect(agent.setStatus('busy')).rejects.toMatchObject({
    code: 'SUPERSEDED',
    incarnation: 2,
  })
  await agent.close()
  expect(await registry.history()).toEqual(['registered', 'replaced'])
  expect(events).toHaveLength(1)
  await other.client.close()
})

test('the thread goes on when the agent takes over again', async () => {
  await using registry = await InstanceRegistry.start()
  const { agent, events } = await joinThread(registry, () => undefined)
  const other = await registry.join('new')
  await expect.poll(() => events).toHaveLength(1)
  await agent.client.register()
  const { lastHeartbeatMs = 0 } = (await registry.agent()) ?? {}
  await expect
    .poll(async () => (await registry.agent())?.lastHeartbeatMs)
    .toBeGreaterThan(lastHeartbeatMs)
  expect(events).toHaveLength(1)
  await agent.close()
  expect(await registry.agent()).toBeUndefined()
  await other.client.close()
})

test('an answer from before the agent took over again does not stop the thread', async () => {
  await using registry = await InstanceRegistry.start()
  const { agent, events } = await joinThread(registry, () => undefined)
  await agent.client.confirmSuperseded()
  const { lastHeartbeatMs = 0 } = (await registry.agent()) ?? {}
  await expect
    .poll(async () => (await registry.agent())?.lastHeartbeatMs)
    .toBeGreaterThan(lastHeartbeatMs)
  expect(events).toEqual([])
  await agent.close()
})

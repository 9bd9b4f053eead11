import { describe, expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { GroupRegistry, member } from './support/group-registry.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'

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

test('an agent that joins after the group was closed gets heartbeats again', async () => {
  const clock = new ManualClientClock()
  await using registry = await GroupRegistry.start()
  await using group = AgentRegistryClient.group({ registryUrl: registry.server.url, clock })
  await group.join(member('a'))
  await group.close()
  await group.join(member('b'))
  await clock.advance(22_000)
  await registry.server.received(4)
  expect(registry.batches).toEqual([['b']])
})

describe('when the signal of the group is aborted', () => {
  test('its agents leave as if it were closed, not all at once', async () => {
    await using registry = await GroupRegistry.start()
    const stop = new AbortController()
    const group = AgentRegistryClient.group({
      registryUrl: registry.server.url,
      signal: stop.signal,
    })
    const ids = Array.from({ length: 40 }, (_, i) => `a-${i}`)
    await Promise.all(ids.map((id) => group.join(member(id))))
    registry.goodbyeMs = 50
    stop.abort()
    await expect.poll(() => registry.known.size).toBe(0)
    expect(registry.mostGoodbyes).toBe(16)
  })

  test('an agent with a signal of its own stays', async () => {
    await using registry = await GroupRegistry.start()
    const stop = new AbortController()
    const own = new AbortController()
    const { url: registryUrl } = registry.server
    await using group = AgentRegistryClient.group({ registryUrl, signal: stop.signal })
    await group.join({ ...member('own'), signal: own.signal })
    await group.join(member('other'))
    own.abort()
    await expect.poll(() => [...registry.known]).toEqual(['other'])
    stop.abort()
    await expect.poll(() => [...registry.known]).toEqual([])
  })
})

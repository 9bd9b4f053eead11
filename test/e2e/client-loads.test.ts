// Picks of a client that follows loads.
import { DiscoveryClient } from '@rollcall/client'
import { expect, test } from 'vitest'
import { expectIdlePicked, startNodes } from './support/two-agents.ts'

test('a view picks the idle one of two agents', async () => {
  await using registry = await startNodes('sqlite', 1)
  await expectIdlePicked(registry)
})

test('a watch with loads receives changes made while it was disconnected', async () => {
  await using registry = await startNodes('sqlite', 1)
  // Lets the test cut the connection by aborting the fetch.
  let cut = new AbortController()
  let connections = 0
  const client = new DiscoveryClient({
    registryUrl: registry.url,
    fetch: (url, init) => {
      connections++
      cut = new AbortController()
      const signals = [cut.signal, init?.signal].filter(
        (it): it is AbortSignal => it instanceof AbortSignal,
      )
      return fetch(url, { ...init, signal: AbortSignal.any(signals) } as RequestInit)
    },
  })
  await using view = client.liveView()
  await view.ready
  const before = view.agents
  cut.abort()
  await registry.report('two', 0.7)
  await expect.poll(() => view.get('two')?.load, { timeout: 15_000 }).toBe(0.7)
  expect(connections).toBe(2)
  // It resumed without another snapshot.
  expect(view.get('one')).toBe(before[0])
}, 30_000)

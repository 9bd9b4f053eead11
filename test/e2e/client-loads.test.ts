// What a client that follows loads picks.
import { DiscoveryClient } from '@rollcall/client'
import { expect, test } from 'vitest'
import { PICKS, picksOf, startNodes } from './two-agents.ts'

test('a view picks the idle one of two agents, whichever that is', async () => {
  await using registry = await startNodes('sqlite', 1)
  const client = new DiscoveryClient({ registryUrl: registry.url })
  await using view = client.liveView({ status: 'ready' })
  await view.ready
  await registry.report('one', 1)
  await expect.poll(() => view.get('one')?.load, { timeout: 10_000 }).toBe(1)
  expect(picksOf(view)).toEqual({ two: PICKS })
  // They change places.
  await registry.report('one', 0)
  await registry.report('two', 1)
  const loads = () => view.agents.map(({ load }) => load)
  await expect.poll(loads, { timeout: 10_000 }).toEqual([0, 1])
  expect(picksOf(view)).toEqual({ one: PICKS })
}, 60_000)

test('a watch with loads is told what moved while it was away', async () => {
  await using registry = await startNodes('sqlite', 1)
  // A proxy that the test can cut: each fetch may be aborted.
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
  // It resumed: nobody had to be sent again.
  expect(view.get('one')).toBe(before[0])
}, 30_000)

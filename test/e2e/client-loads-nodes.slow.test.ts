// Loads reported to one node and followed at another, and views without loads.
import { setTimeout as sleep } from 'node:timers/promises'
import { DiscoveryClient } from '@rollcall/client'
import { expect, test } from 'vitest'
import { expectIdlePicked, startNodes } from './support/two-agents.ts'

test('a view at one node picks the idle agent according to reports to another', async () => {
  await using registry = await startNodes('postgres', 2)
  await expectIdlePicked(registry)
})

test('a view without loads keeps those of the last change', async () => {
  await using registry = await startNodes('sqlite', 1)
  const client = new DiscoveryClient({ registryUrl: registry.url })
  await using following = client.liveView()
  await using view = client.liveView({}, { loads: false })
  await Promise.all([following.ready, view.ready])
  await registry.report('one', 1)
  await expect.poll(() => following.get('one')?.load).toBe(1)
  await sleep(100)
  expect(view.get('one')?.load).toBe(0)
})

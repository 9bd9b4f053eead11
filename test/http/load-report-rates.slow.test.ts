import { describe, test } from 'vitest'
import { FollowedFleet } from './support/followed-fleet.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

// Concurrent: each of them mostly waits for the next second.
describe.concurrent('a stream with loads', () => {
  test('gets a load that differs by 0.05 from the last one sent', async ({ expect }) => {
    const loads = await FollowedFleet.of(registry, expect, 'steps', { up: 0.1, down: 0.9 })
    await using reader = await loads.follow()
    await loads.report('up', 0.14)
    await loads.report('down', 0.86)
    await loads.fence(reader)
    expect([loads.loads(reader, 'up'), loads.loads(reader, 'down')]).toEqual([[], []])
    await loads.report('up', 0.15)
    await loads.report('down', 0.85)
    await loads.fence(reader)
    await loads.report('up', 0.19)
    await loads.report('down', 0.85)
    await loads.fence(reader)
    expect([loads.loads(reader, 'up'), loads.loads(reader, 'down')]).toEqual([[0.15], [0.85]])
  })

  test('gets the load of an agent at most once a second, and then the newest', async ({
    expect,
  }) => {
    const loads = await FollowedFleet.of(registry, expect, 'often', { busy: 0 })
    await using reader = await loads.follow()
    const began = performance.now()
    let load = 0
    while (performance.now() - began < 2200) {
      load = 1 - load
      await loads.report('busy', load)
    }
    await loads.report('busy', 0.5)
    await loads.eventually(() => loads.loads(reader, 'busy').at(-1)).toBe(0.5)
    const seconds = (performance.now() - began) / 1000
    expect(loads.loads(reader, 'busy').length).toBeLessThanOrEqual(seconds + 1)
  })

  test('ends with the loads of the list, whatever else changed', async ({ expect }) => {
    const labels = Array.from({ length: 20 }, (_, i) => `agent-${i}`)
    const loads = await FollowedFleet.of(
      registry,
      expect,
      'mixed',
      Object.fromEntries(labels.map((it) => [it, 0])),
    )
    await using reader = await loads.follow()
    const began = performance.now()
    for (let i = 0; performance.now() - began < 1500; i++) {
      const label = labels[i % labels.length] ?? ''
      const load = Math.random()
      if (i % 7 === 0) await loads.fleet.register(label, { load, version: `${i}` })
      else if (i % 5 === 0)
        await loads.fleet.report(label, { load, status: i % 2 ? 'busy' : 'ready' })
      else if (i % 31 === 0) await loads.fleet.deregister(label)
      else await loads.report(label, load)
    }
    await loads.fence(reader)
    const list = await loads.fleet.list()
    const differences = () =>
      list.filter(({ agent_id, load }) => {
        const held = reader.held.get(agent_id)?.load ?? Number.NaN
        return !(Math.abs(held - (load ?? Number.NaN)) < 0.05)
      })
    await loads
      .eventually(() => differences().filter((it) => !it.agent_id.endsWith('.fence')))
      .toEqual([])
  })
})

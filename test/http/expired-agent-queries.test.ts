import { beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'dead')

beforeAll(async () => {
  await fleet.register('living')
  await fleet.register('busy', { status: 'busy' })
  await fleet.register('dead', { ttl_seconds: 1, capabilities: ['scarce'] })
  await fleet.expiry('dead')
})

describe('an agent whose lease has lapsed', () => {
  test.each([
    ['', ['busy', 'living']],
    ['include_dead=false', ['busy', 'living']],
    ['include_dead=true', ['busy', 'dead', 'living']],
    ['status=expired', ['dead']],
    ['status=expired&include_dead=false', ['dead']],
    ['status=ready', ['living']],
    ['status=ready&include_dead=true', ['living']],
    ['status=ready&status=expired', ['dead', 'living']],
    ['capability=scarce', []],
    ['capability=scarce&include_dead=true', ['dead']],
    ['capability=scarce&status=expired', ['dead']],
    ['q=scarce', []],
    ['include_dead=true&q=scarce', ['dead']],
  ])('is found only by who asks for the dead: %j', async (query, found) => {
    expect(await fleet.find(query)).toEqual(found)
  })

  test('is found among the living as soon as it beats again', async () => {
    await fleet.register('back', { ttl_seconds: 1 })
    await fleet.expiry('back')
    await fleet.register('back', { ttl_seconds: 60 })
    expect(await fleet.find('status=expired')).toEqual(['dead'])
    expect(await fleet.find('status=ready')).toEqual(['back', 'living'])
    await fleet.deregister('back')
  })
})

test('a lapse shows in every query at its deadline, not when the sweep comes', async () => {
  const short = new AgentFleet(registry, 'short')
  const { expires_at } = await short.register('s', { ttl_seconds: 1, capabilities: ['scarce'] })
  await short.register('t', { capabilities: ['scarce'] })
  // The registry may show times that are up to 100 ms off a step of the wall clock.
  while (Date.now() < Date.parse(expires_at) + 110) {
    const isBefore = Date.now() < Date.parse(expires_at) - 110
    const alive = await short.find('capability=scarce&status=ready')
    if (isBefore && Date.now() < Date.parse(expires_at) - 110) expect(alive).toEqual(['s', 't'])
  }
  expect(await short.find('capability=scarce')).toEqual(['t'])
  expect(await short.find('status=ready')).toEqual(['t'])
  expect(await short.find('status=expired')).toEqual(['s'])
})

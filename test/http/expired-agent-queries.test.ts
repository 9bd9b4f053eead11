import { beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'lapsed')

beforeAll(async () => {
  await fleet.register('living')
  await fleet.register('busy', { status: 'busy' })
  await fleet.register('lapsed', { ttl_seconds: 1, capabilities: ['scarce'] })
  await fleet.expiry('lapsed')
})

describe('an agent whose lease has lapsed', () => {
  test.each([
    ['', ['busy', 'living']],
    ['include_dead=false', ['busy', 'living']],
    ['include_dead=true', ['busy', 'lapsed', 'living']],
    ['status=expired', ['lapsed']],
    ['status=expired&include_dead=false', ['lapsed']],
    ['status=ready', ['living']],
    ['status=ready&include_dead=true', ['living']],
    ['status=ready&status=expired', ['lapsed', 'living']],
    ['capability=scarce', []],
    ['capability=scarce&include_dead=true', ['lapsed']],
    ['capability=scarce&status=expired', ['lapsed']],
    ['q=scarce', []],
    ['include_dead=true&q=scarce', ['lapsed']],
  ])('is found only if expired agents are requested: %j', async (query, found) => {
    expect(await fleet.find(query)).toEqual(found)
  })

  test('is found as alive as soon as it sends a heartbeat', async () => {
    await fleet.register('back', { ttl_seconds: 1 })
    await fleet.expiry('back')
    await fleet.register('back', { ttl_seconds: 60 })
    expect(await fleet.find('status=expired')).toEqual(['lapsed'])
    expect(await fleet.find('status=ready')).toEqual(['back', 'living'])
    await fleet.deregister('back')
  })
})

test('a lapse shows in every query at its deadline, before the sweep', async () => {
  const short = new AgentFleet(registry, 'short')
  const { expires_at } = await short.register('s', { ttl_seconds: 1, capabilities: ['scarce'] })
  await short.register('t', { capabilities: ['scarce'] })
  // Times shown by the registry may differ by up to 100 ms after a step of the wall clock.
  while (Date.now() < Date.parse(expires_at) + 110) {
    const isBefore = Date.now() < Date.parse(expires_at) - 110
    const alive = await short.find('capability=scarce&status=ready')
    if (isBefore && Date.now() < Date.parse(expires_at) - 110) expect(alive).toEqual(['s', 't'])
  }
  expect(await short.find('capability=scarce')).toEqual(['t'])
  expect(await short.find('status=ready')).toEqual(['t'])
  expect(await short.find('status=expired')).toEqual(['s'])
})

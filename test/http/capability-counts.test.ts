// GET /capabilities: what agents can do, and how many agents can do it.
import type { CapabilityList } from '@rollcall/protocol'
import { beforeAll, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { objectIn } from './support/response.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'capability-counts')
/** Other tests use the same registry, so the names are of this one. */
const [search, plan, once] = ['Search', 'Plan', 'Once'].map((name) => `${name} of ${fleet.name}`)

beforeAll(async () => {
  await fleet.register('a', { capabilities: [search, plan] })
  await fleet.register('b', { capabilities: [search], status: 'busy' })
  await fleet.register('c', { capabilities: [search], status: 'draining' })
  await fleet.register('d', { capabilities: [plan] })
  await fleet.register('e', { capabilities: [once] })
})

const read = async (query: string) => {
  const response = await registry.get(`/capabilities?${query}`)
  expect(response.status).toBe(200)
  return objectIn(response) as unknown as CapabilityList
}
const named = (query = '') => read(`q=${encodeURIComponent(`OF ${fleet.name}`)}${query}`)
const none = { alive: 0, ready: 0, busy: 0, draining: 0, suspect: 0, expired: 0 }

test('lists those that most agents have first, with how many are in each status', async () => {
  expect(await named()).toEqual({
    capabilities: [
      { ...none, name: search, alive: 3, ready: 1, busy: 1, draining: 1 },
      { ...none, name: plan, alive: 2, ready: 2 },
      { ...none, name: once, alive: 1, ready: 1 },
    ],
    complete: true,
  })
})

test('a limit returns the first, and the response says that there are more', async () => {
  const { capabilities, complete } = await named('&limit=1')
  expect(capabilities.map(({ name }) => name)).toEqual([search])
  expect(complete).toBe(false)
  expect((await named('&limit=3')).complete).toBe(true)
})

test('follows what agents report, register and leave', async () => {
  const name = `moving of ${fleet.name} itself`
  const counts = async (query = '') => {
    const { capabilities } = await read(`q=${encodeURIComponent(name)}${query}`)
    return capabilities[0]
  }
  expect(await counts()).toBeUndefined()
  await fleet.register('moving', { capabilities: [name], ttl_seconds: 60 })
  expect(await counts()).toEqual({ ...none, name, alive: 1, ready: 1 })
  await registry.post(`/agents/${fleet.id('moving')}/heartbeat`, { json: { status: 'busy' } })
  expect(await counts()).toEqual({ ...none, name, alive: 1, busy: 1 })
  await registry.delete(`/agents/${fleet.id('moving')}`)
  expect(await counts('&include_dead=true')).toBeUndefined()
})

test('an agent whose lease has lapsed is counted as expired, if those are wanted', async () => {
  const name = `lapses of ${fleet.name} soon`
  await fleet.register('lapsing', { capabilities: [name], ttl_seconds: 1 })
  const q = `q=${encodeURIComponent(name)}`
  await expect
    .poll(() => read(q), { timeout: 20_000 })
    .toEqual({ capabilities: [], complete: true })
  const { capabilities } = await read(`${q}&include_dead=true`)
  // Unless the cleanup was faster.
  for (const each of capabilities) expect(each).toEqual({ ...none, name, expired: 1 })
})

test.each(['limit=0', 'limit=1001', 'limit=x', 'cursor=x', `q=${'x'.repeat(129)}`])(
  'refuses %s',
  async (query) => {
    expect((await registry.get(`/capabilities?${query}`)).status).toBe(422)
  },
)

import { setTimeout as sleep } from 'node:timers/promises'
import { AGENT_SORTS, type Agent, type AgentSort } from '@rollcall/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'sorting')

/** Loads by label, with equal and missing ones on purpose. */
const LOADS = { f: 0.2, a: undefined, e: 0, b: 1, d: 0.2, c: undefined, g: 0.7 }

beforeAll(async () => {
  for (const [label, load] of Object.entries(LOADS)) {
    const lease = label === 'a' ? { ttl_seconds: 600 } : {}
    await fleet.register(label, load === undefined ? lease : { load, ...lease })
  }
  for (const label of ['d', 'a', 'g']) {
    await registry.post(`/agents/${fleet.id(label)}/heartbeat`)
  }
})

/** Sort key of an agent, ascending; agents that never reported a load sort last. */
function keyOf(agent: Agent, sort: AgentSort): number {
  const sign = sort.startsWith('-') ? -1 : 1
  switch (sort.replace('-', '')) {
    case 'load':
      return agent.load === null ? 2 : sign * agent.load
    case 'registered_at':
      return sign * Date.parse(agent.registered_at)
    case 'last_heartbeat':
      return sign * Date.parse(agent.last_heartbeat)
    case 'expires_at':
      return sign * Date.parse(agent.expires_at)
    default:
      return 0
  }
}

describe.each(AGENT_SORTS.map((sort) => [sort]))('sorted by %s', (sort) => {
  test('a list has every agent, in that order, with ties by id', async () => {
    const listed = await fleet.list(`sort=${sort}`)
    const expected = listed.toSorted(
      (a, b) => keyOf(a, sort) - keyOf(b, sort) || (a.agent_id < b.agent_id ? -1 : 1),
    )
    expect(fleet.labels(listed)).toEqual(fleet.labels(expected))
    expect(fleet.labels(listed).toSorted()).toEqual(Object.keys(LOADS).toSorted())
  })

  test('a list with a limit is the beginning of the whole list', async () => {
    const whole = await fleet.find(`sort=${sort}`)
    for (const limit of [1, 3, 7, 1000]) {
      expect(await fleet.find(`sort=${sort}&limit=${limit}`)).toEqual(whole.slice(0, limit))
    }
  })

  test('a filter still applies', async () => {
    expect(await fleet.find(`sort=${sort}&q=${fleet.id('g')}`)).toEqual(['g'])
  })
})

test('the least busy sort first by load, the busiest by -load, agents without a load last by both', async () => {
  expect((await fleet.find('sort=load')).join('')).toBe('edfgbac')
  expect((await fleet.find('sort=-load')).join('')).toBe('bgdfeac')
})

test('the default order is agent_id', async () => {
  expect(await fleet.find()).toEqual(await fleet.find('sort=agent_id'))
})

describe('changes without a revision', () => {
  const moving = new AgentFleet(registry, 'moving')
  const revisionOf = async (label: string) =>
    (await moving.list()).find((agent) => moving.label(agent) === label)?.revision

  beforeAll(async () => {
    for (const label of ['x', 'y']) await moving.register(label, { load: 0.5 })
  })

  test('a load report moves an agent at once', async () => {
    const revision = await revisionOf('y')
    await moving.report('y', { load: 0.1 })
    expect(await moving.find('sort=load')).toEqual(['y', 'x'])
    await moving.report('x', { load: 0 })
    expect(await moving.find('sort=load')).toEqual(['x', 'y'])
    expect(await moving.find('sort=-load')).toEqual(['y', 'x'])
    expect(await revisionOf('y')).toBe(revision)
  })

  test('a heartbeat moves an agent at once', async () => {
    const beatUntilFirst = async (label: string) => {
      do {
        // Heartbeats of the same millisecond are ties, and sorted by id.
        await sleep(2)
        await registry.post(`/agents/${moving.id(label)}/heartbeat`)
      } while ((await moving.find('sort=-last_heartbeat'))[0] !== label)
    }
    await beatUntilFirst('x')
    await beatUntilFirst('y')
    await beatUntilFirst('x')
    expect(await moving.find('sort=last_heartbeat')).toEqual(['y', 'x'])
  })

  test.each(['load', '-load', 'last_heartbeat', '-last_heartbeat', 'expires_at', '-expires_at'])(
    'a list sorted by %s has no ETag and never gives 304',
    async (sort) => {
      const path = `/agents?${moving.query(`sort=${sort}`)}`
      const response = await registry.get(path, { headers: { 'if-none-match': '*' } })
      expect(response.status).toBe(200)
      expect(response.headers.get('etag')).toBeNull()
      expect(response.headers.get('x-registry-revision')).toMatch(/^\d+$/)
    },
  )

  test.each(['agent_id', 'registered_at', '-registered_at'])(
    'a list sorted by %s has an ETag that heartbeats do not change',
    async (sort) => {
      const path = `/agents?${moving.query(`sort=${sort}&limit=1`)}`
      const { headers } = await registry.get(path)
      const etag = { 'if-none-match': String(headers.get('etag')) }
      await moving.report('x', { load: 0.3 })
      expect((await registry.get(path, { headers: etag })).status).toBe(304)
      await moving.report('x', { status: 'busy' })
      expect((await registry.get(path, { headers: etag })).status).toBe(200)
      await moving.report('x', { status: 'ready' })
    },
  )
})

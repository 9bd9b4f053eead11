import { describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { registerMany } from './support/bulk-requests.ts'
import { eventsIn, positionIn } from './support/event-pages.ts'
import { followLinks, linkTo } from './support/link-header.ts'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, TIMESTAMP } from './support/response.ts'

const registry = useRegistry()

/** The current position of the registry. */
const position = async () => positionIn(await registry.request('HEAD', '/agents?limit=1'))

/** Performs an action. Returns the events of a fleet since then, with a filter. */
async function eventsDuring(fleet: AgentFleet, action: () => Promise<unknown>, more = '') {
  const { revision } = await position()
  await action()
  return eventsIn(await registry.get(`/events?since=${revision}&${fleet.query(more)}`))
}

describe('the events of an agent', () => {
  const fleet = new AgentFleet(registry, 'life')

  test('are in order, each change with its type and its reason', async () => {
    const events = await eventsDuring(fleet, async () => {
      await fleet.register('a')
      await fleet.register('a')
      await fleet.report('a', {})
      await fleet.report('a', { status: 'draining', load: 0.5 })
      await fleet.report('a', { load: 0.7 })
      await fleet.register('a', { agent_name: 'Writer', version: '2' })
      await fleet.deregister('a')
    })
    expect(events.map(({ type, listed, reason }) => [type, listed, reason])).toEqual([
      ['registered', true, 'registered by request'],
      ['updated', true, 'status ready -> draining'],
      ['updated', true, 'name Researcher -> Writer; version none -> 2'],
      ['deregistered', false, 'deregistered by request'],
    ])
  })

  test('include an expiry and a revival', async () => {
    const events = await eventsDuring(fleet, async () => {
      await fleet.register('b', { ttl_seconds: 1 })
      await fleet.expiry('b')
      await fleet.report('b', { status: 'busy' })
      await fleet.deregister('b')
    })
    expect(events.map(({ type, listed }) => [type, listed])).toEqual([
      ['registered', true],
      ['expired', false],
      ['revived', true],
      ['deregistered', false],
    ])
    const [, expired, revived] = events
    expect(expired?.reason).toMatch(/^ttl lapsed: last heartbeat 1\.\d s ago, ttl 1 s$/)
    expect(revived?.reason).toMatch(/^heartbeat after 1\.\d s of silence; status ready -> busy$/)
    expect(expired?.agent).toMatchObject({ status: 'expired', is_alive: false })
    expect(revived?.agent).toMatchObject({ status: 'busy', is_alive: true })
  })

  test('have a time, a revision and the agent after the change', async () => {
    const [event] = await eventsDuring(fleet, () =>
      fleet.register('c', { capabilities: ['search'] }),
    )
    const agent = agentIn(await registry.get(`/agents/${fleet.id('c')}`))
    expect(event).toMatchObject({ agent_id: agent.agent_id, revision: agent.revision, agent })
    expect(event?.at).toMatch(TIMESTAMP)
    expect(Math.abs(Date.now() - Date.parse(String(event?.at)))).toBeLessThan(60_000)
  })
})

describe('a filter selects the events', () => {
  test('in which an agent starts or stops matching, whatever else they change', async () => {
    const fleet = new AgentFleet(registry, 'border')
    await fleet.register('a', { status: 'busy' })
    const change = async () => {
      await fleet.report('a', { status: 'ready' })
      await fleet.register('a', { version: '2' })
      await fleet.report('a', { status: 'draining' })
      await fleet.register('a', { version: '3' })
    }
    const events = await eventsDuring(fleet, change, 'status=ready')
    expect(events.map(({ type, listed }) => [type, listed])).toEqual([
      ['entered', true],
      ['updated', true],
      ['left', false],
    ])
    expect(events.map(({ reason }) => reason)).toEqual([
      'status busy -> ready',
      'version none -> 2',
      'status ready -> draining',
    ])
  })

  test('in which an agent expires or is revived', async () => {
    const fleet = new AgentFleet(registry, 'expired')
    const change = async () => {
      await fleet.register('a', { ttl_seconds: 1 })
      await fleet.expiry('a')
      await fleet.report('a', {})
    }
    const events = await eventsDuring(fleet, change, 'status=expired')
    expect(events.map(({ type, listed }) => [type, listed])).toEqual([
      ['entered', true],
      ['left', false],
    ])
  })

  test('of no agent that matches neither before nor after', async () => {
    const fleet = new AgentFleet(registry, 'others')
    const change = async () => {
      await fleet.register('a', { capabilities: ['search'] })
      await fleet.deregister('a')
    }
    expect(await eventsDuring(fleet, change, 'capability=translate')).toEqual([])
  })
})

describe('pages of events', () => {
  const fleet = new AgentFleet(registry, 'pages')

  test.each([1, 2, 3, 100])('of %i add up to the whole', async (limit) => {
    const { revision } = await position()
    for (const label of ['a', 'b', 'c', 'd']) await fleet.register(label, { version: `${limit}` })
    await registry.register()
    for (const label of ['a', 'b', 'c', 'd']) await fleet.deregister(label)
    const path = `/events?since=${revision}&${fleet.query()}`
    const whole = eventsIn(await registry.get(path))
    expect(fleet.labels(whole).join('')).toBe('abcdabcd')
    const pages = await followLinks(registry, `${path}&limit=${limit}`)
    expect(pages.flatMap(eventsIn)).toEqual(whole)
    expect(pages.every((page) => eventsIn(page).length <= limit)).toBe(true)
  })

  test('continue from their X-Registry-Revision, also when empty', async () => {
    const { revision, epoch } = await position()
    for (const label of ['a', 'b', 'c']) await fleet.register(label, { version: 'later' })
    const first = await registry.get(`/events?since=${revision}&limit=2&${fleet.query()}`)
    expect(fleet.labels(eventsIn(first)).join('')).toBe('ab')
    expect(positionIn(first)).toEqual({ epoch, revision: eventsIn(first).at(-1)?.revision })
    const since = positionIn(first).revision
    const second = await registry.get(`/events?since=${since}&${fleet.query()}`)
    expect(fleet.labels(eventsIn(second)).join('')).toBe('c')
    const empty = await registry.get(`/events?since=${since}&name=no-such-agent`)
    expect(eventsIn(empty)).toEqual([])
    const end = (await position()).revision
    expect(positionIn(empty).revision).toBe(end)
    const last = await registry.get(`/events?since=${epoch}:${end}`)
    expect(eventsIn(last)).toEqual([])
    expect(positionIn(last)).toEqual({ epoch, revision: end })
    expect(linkTo('next', last)).toBeUndefined()
  })

  test('have 100 events by default', async () => {
    const { revision } = await position()
    for (let round = 0; round < 101; round++) {
      await fleet.register('a', { version: `round ${round}` })
    }
    const path = `/events?since=${revision}&${fleet.query()}`
    const pages = await followLinks(registry, path)
    expect(pages.map((page) => eventsIn(page).length)).toEqual([100, 1])
    expect(eventsIn(await registry.get(`${path}&limit=101`))).toHaveLength(101)
  })

  test('examine at most 10 000 changes, and report where to continue', async () => {
    const ids = Array.from({ length: 2000 }, (_, index) => fleet.id(`${index}`))
    const registrations = ids.map((agent_id) => registry.registration({ agent_id }))
    await registerMany(registry.baseUrl, registrations)
    const { revision } = await position()
    for (const status of ['busy', 'ready', 'busy', 'ready', 'busy', 'ready']) {
      const heartbeats = ids.map((agent_id) => ({ agent_id, status }))
      await registry.post('/agents/heartbeats', { json: { heartbeats } })
    }
    await fleet.register('needle', { capabilities: ['needle'] })
    const path = `/events?since=${revision}&limit=1000&${fleet.query('capability=needle')}`
    const pages = await followLinks(registry, path)
    expect(pages.map((page) => eventsIn(page).length)).toEqual([0, 1])
  })
})

describe('since', () => {
  test('begin with the oldest retained change by default', async () => {
    await registry.register()
    const [oldest] = eventsIn(await registry.get('/events?limit=1'))
    const revision = Number(oldest?.revision)
    const same = eventsIn(await registry.get(`/events?limit=1&since=${revision - 1}`))
    expect(same).toEqual([oldest])
  })

  test('may name the branch', async () => {
    const { epoch, revision } = await position()
    const { agent_id } = await registry.register()
    const [event] = eventsIn(await registry.get(`/events?since=${epoch}:${revision}&limit=1`))
    expect(event?.agent_id).toBe(agent_id)
  })

  test.each([
    ['of another branch', async () => `other:${(await position()).revision}`],
    ['in the future', async () => `${(await position()).revision + 1}`],
    ['far in the future', async () => '999999999999999'],
  ])('a revision %s is no longer available', async (_what, since) => {
    const [oldest] = eventsIn(await registry.get('/events?limit=1'))
    const response = await registry.get(`/events?since=${await since()}`)
    const problem = expectProblem(response, 'REVISION_GONE')
    expect(problem.oldest_revision).toBe(oldest?.revision)
  })
})

test('HEAD has the headers of GET', async () => {
  const { agent_id } = await registry.register()
  await registry.delete(`/agents/${agent_id}`)
  const path = `/events?q=${agent_id}&limit=1`
  const [head, get] = [await registry.request('HEAD', path), await registry.get(path)]
  expect(head).toMatchObject({ status: 200, text: '' })
  for (const name of ['content-type', 'content-length', 'link', 'x-registry-epoch']) {
    expect(head.headers.get(name)).toBe(get.headers.get(name))
  }
})

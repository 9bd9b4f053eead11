import type { AgentEvent } from '@rollcall/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { eventsIn, positionIn, withoutExpiry } from './support/event-pages.ts'
import { followLinks, linkTo } from './support/link-header.ts'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'history')
const historyOf = (label: string, query = '') =>
  registry.get(`/agents/${fleet.id(label)}/events${query}`)

beforeAll(async () => {
  await fleet.register('a')
  await fleet.register('other')
  await fleet.report('a', { status: 'busy' })
  await fleet.report('a', { status: 'busy', load: 1 })
  await fleet.register('a', { version: '2' })
  await fleet.report('a', { status: 'ready' })
})

const REASONS = [
  'registered by request',
  'status ready -> busy',
  'version none -> 2',
  'status busy -> ready',
]

describe('the history of an agent', () => {
  test('contains its events, oldest first, with their reasons', async () => {
    const events = eventsIn(await historyOf('a'))
    expect(events.map(({ reason }) => reason)).toEqual(REASONS)
    expect(events.map(({ type }) => type)).toEqual(['registered', 'updated', 'updated', 'updated'])
    expect(fleet.labels(events)).toEqual(['a', 'a', 'a', 'a'])
    expect(events.every(({ listed }) => listed)).toBe(true)
  })

  test('has the same events as the change feed', async () => {
    const [first] = eventsIn(await historyOf('a'))
    const since = Number(first?.revision) - 1
    const feedEvents = eventsIn(await registry.get(`/events?since=${since}&q=${fleet.id('a')}`))
    const comparable = (events: AgentEvent[]) =>
      events.map((event) => ({ ...event, agent: withoutExpiry(event.agent) }))
    expect(comparable(eventsIn(await historyOf('a')))).toEqual(comparable(feedEvents))
  })

  test('reports the position of the registry', async () => {
    const { revision, epoch } = positionIn(await historyOf('a'))
    const [last] = eventsIn(await historyOf('a')).slice(-1)
    expect(revision).toBeGreaterThanOrEqual(Number(last?.revision))
    expect(epoch).toMatch(/./)
  })

  test.each([1, 2, 3])('in pages of %i begins with the newest', async (limit) => {
    const pages = await followLinks(registry, `/agents/${fleet.id('a')}/events?limit=${limit}`, {
      rel: 'prev',
    })
    expect(pages.map((page) => eventsIn(page).length).slice(0, -1)).toEqual(
      Array.from({ length: Math.ceil(4 / limit) - 1 }, () => limit),
    )
    expect(
      pages
        .toReversed()
        .flatMap(eventsIn)
        .map(({ reason }) => reason),
    ).toEqual(REASONS)
  })

  test('has a Link only if there are earlier events', async () => {
    expect(linkTo('prev', await historyOf('a', '?limit=3'))).toBeDefined()
    expect(linkTo('prev', await historyOf('a', '?limit=4'))).toBeUndefined()
    expect(linkTo('prev', await historyOf('a'))).toBeUndefined()
  })

  test('can be requested before a revision', async () => {
    const [first, second] = eventsIn(await historyOf('a'))
    expect(eventsIn(await historyOf('a', `?before=${second?.revision}`))).toEqual([first])
    expect(eventsIn(await historyOf('a', `?before=${first?.revision}`))).toEqual([])
    expect(eventsIn(await historyOf('a', '?before=999999999999999'))).toHaveLength(4)
  })

  test('has 100 events by default', async () => {
    for (let round = 0; round < 101; round++) {
      await fleet.register('often', { version: `${round}` })
    }
    const events = eventsIn(await historyOf('often'))
    expect(events).toHaveLength(100)
    expect(events.at(-1)?.agent.version).toBe('100')
    expect(eventsIn(await historyOf('often', '?limit=1000'))).toHaveLength(101)
  })

  test('supports HEAD', async () => {
    const path = `/agents/${fleet.id('a')}/events?limit=1`
    const [head, get] = [await registry.request('HEAD', path), await registry.get(path)]
    expect(head).toMatchObject({ status: 200, text: '' })
    expect(head.headers.get('link')).toBe(get.headers.get('link'))
  })

  test('is found under a percent-encoded id', async () => {
    const agent_id = registry.newId('team:history')
    await registry.register({ agent_id })
    const path = `/agents/${encodeURIComponent(agent_id)}/events?limit=1`
    expect(eventsIn(await registry.get(path))).toMatchObject([{ agent_id }])
  })
})

describe('the history of a deregistered agent', () => {
  beforeAll(async () => {
    await fleet.register('removed')
    await fleet.deregister('removed')
  })

  test('includes the deregistration', async () => {
    const events = eventsIn(await historyOf('removed'))
    expect(events.map(({ type, listed }) => [type, listed])).toEqual([
      ['registered', true],
      ['deregistered', false],
    ])
    expect(events.at(-1)?.agent.agent_name).toBe('Researcher')
  })

  test('is empty, not unknown, before its first event', async () => {
    const [first] = eventsIn(await historyOf('removed'))
    expect(eventsIn(await historyOf('removed', `?before=${first?.revision}`))).toEqual([])
    expect(eventsIn(await historyOf('removed', '?before=1'))).toEqual([])
  })

  test('continues when the agent registers again', async () => {
    await fleet.register('removed')
    const types = eventsIn(await historyOf('removed')).map(({ type }) => type)
    expect(types).toEqual(['registered', 'deregistered', 'registered'])
  })
})

describe('there is no history', () => {
  test('for an agent that never existed', async () => {
    const { detail } = expectProblem(await historyOf('unknown'), 'AGENT_NOT_FOUND')
    expect(detail).toContain(fleet.id('unknown'))
    expectProblem(await historyOf('unknown', '?before=1'), 'AGENT_NOT_FOUND')
  })

  test('for an invalid id', async () => {
    expectProblem(await registry.get('/agents/a%20b/events'), 'VALIDATION_FAILED')
  })
})

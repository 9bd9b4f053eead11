import type { StreamEvent } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { eventsIn, withoutExpiry } from './support/event-pages.ts'
import { EventStreamReader } from './support/event-stream-reader.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, objectIn } from './support/response.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'stream')
const open = (query?: string, headers?: Record<string, string>) =>
  EventStreamReader.open(registry.baseUrl, query, headers)

describe('the response headers of a stream', () => {
  test('identify it and prevent caching and buffering', async () => {
    await using reader = await open()
    const { headers } = reader.response
    expect(headers.get('content-type')).toMatch(/^text\/event-stream\b/)
    expect(headers.get('cache-control')).toBe('no-cache')
    expect(headers.get('x-accel-buffering')).toBe('no')
    const { branch } = objectIn(await registry.get('/health'))
    expect(headers.get('x-registry-epoch')).toBe(branch)
    expect(headers.get('x-registry-revision')).toMatch(/^\d+$/)
  })

  test('are the entire response to HEAD', async () => {
    const headers = { accept: 'text/event-stream' }
    const response = await registry.request('HEAD', '/events', { headers })
    expect(response).toMatchObject({ status: 200, text: '' })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream\b/)
    const snapshot = await registry.request('HEAD', '/events?snapshot=true')
    expect(snapshot).toMatchObject({ status: 200, text: '' })
  })

  test('are followed by a reconnection time', async () => {
    await using reader = await open()
    await reader.untilSynced()
    expect(reader.retryMs).toBeGreaterThanOrEqual(100)
    expect(reader.retryMs).toBeLessThanOrEqual(60_000)
  })

  test.each([
    'text/event-stream',
    'TEXT/Event-Stream',
    'text/event-stream;q=1, */*',
    '*/*, text/event-stream',
  ])('are selected by Accept: %s', async (accept) => {
    await using reader = await open('', { accept })
    expect((await reader.untilSynced()).map(({ type }) => type)).toEqual(['synced'])
  })

  test('are selected by a snapshot, whatever the client accepts', async () => {
    await using reader = await open(`snapshot=true&${fleet.query()}`, { accept: '*/*' })
    await reader.untilSynced()
  })

  test.each([
    'text/event-stream',
    'text/event-stream, application/json',
    'application/json;q=0.5, text/event-stream;q=0.6',
    'Text/Event-Stream, */*',
  ])('are sent for Accept: %s', async (accept) => {
    await using reader = await open(fleet.query(), { accept })
    await reader.untilSynced()
  })

  test.each([
    '*/*',
    'application/json',
    'text/*',
    'application/json, text/event-stream',
    'text/event-stream;q=0',
    'text/event-stream;q=0, */*',
    'text/event-stream;q=0.5, application/json',
  ])('are not sent for Accept: %s', async (accept) => {
    eventsIn(await registry.get('/events?limit=1', { headers: { accept } }))
    eventsIn(await registry.get('/events?limit=1&snapshot=false', { headers: { accept } }))
  })
})

describe('a stream without a position', () => {
  test('is synced at once, and then delivers events', async () => {
    await fleet.register('before')
    await using reader = await open(fleet.query())
    const [synced, ...more] = await reader.untilSynced()
    expect(more).toEqual([])
    const { epoch, revision } = synced as StreamEvent
    expect(synced).toMatchObject({ type: 'synced', id: `${epoch}:${revision}` })
    await fleet.register('a')
    const event = await reader.next()
    const agent = agentIn(await registry.get(`/agents/${fleet.id('a')}`))
    const { revision: its } = agent
    expect(event).toMatchObject({ type: 'registered', listed: true, agent, revision: its })
    expect(event.id).toBe(`${epoch}:${its}`)
  })

  test('delivers the same events as the pages', async () => {
    await using reader = await open(fleet.query())
    const [synced] = await reader.untilSynced()
    await fleet.register('b', { ttl_seconds: 1 })
    await fleet.report('b', { status: 'busy' })
    await fleet.expiry('b')
    await fleet.report('b', { status: 'ready', load: 0.5 })
    await fleet.register('b', { ttl_seconds: 60, agent_name: 'B' })
    await fleet.deregister('b')
    const events = (await reader.until({ type: 'deregistered' })).map(
      ({ id: _, ...event }) => event,
    )
    const since = (synced as StreamEvent).revision
    expect(events).toEqual(eventsIn(await registry.get(`/events?since=${since}&${fleet.query()}`)))
    expect(events.map(({ type }) => type)).toEqual([
      'registered',
      'updated',
      'expired',
      'revived',
      'updated',
      'deregistered',
    ])
  })
})

describe('a stream with a snapshot', () => {
  test('begins with all matching agents, then is synced, then continues', async () => {
    const own = new AgentFleet(registry, 'snapshot')
    for (const label of ['a', 'b', 'c']) await own.register(label)
    await own.register('elsewhere', { status: 'busy' })
    await using reader = await open(`snapshot=true&${own.query('status=ready')}`)
    const events = await reader.untilSynced()
    expect(events.map(({ type }) => type)).toEqual(['snapshot', 'snapshot', 'snapshot', 'synced'])
    const listed = await own.list('status=ready')
    expect([...reader.held.values()].map(withoutExpiry)).toEqual(listed.map(withoutExpiry))
    for (const event of events.slice(0, 3)) {
      expect(event).toMatchObject({ listed: true, revision: expect.any(Number) })
      expect('agent' in event && event.agent.revision).toBe(event.revision)
    }
    await own.report('elsewhere', { status: 'ready' })
    expect(await reader.next()).toMatchObject({ type: 'entered', agent_id: own.id('elsewhere') })
  })

  test('without a match is synced at once', async () => {
    await using reader = await open('snapshot=true&name=no-such-agent')
    expect((await reader.untilSynced()).map(({ type }) => type)).toEqual(['synced'])
  })

  test('has ids that cannot be resumed until it is synced', async () => {
    const own = new AgentFleet(registry, 'ids')
    for (const label of ['a', 'b']) await own.register(label)
    await using reader = await open(`snapshot=true&${own.query()}`)
    const events = await reader.untilSynced()
    const { epoch, revision } = events.at(-1) as StreamEvent
    expect(events.map(({ id }) => id)).toEqual([
      `${epoch}:snapshot`,
      `${epoch}:snapshot`,
      `${epoch}:${revision}`,
    ])
  })

  test('includes expired agents only on request', async () => {
    const own = new AgentFleet(registry, 'corpse')
    await own.register('lapsed', { ttl_seconds: 1 })
    await own.register('living')
    await own.expiry('lapsed')
    await using some = await open(`snapshot=true&${own.query('status=expired')}`)
    await using all = await open(`snapshot=true&${own.query('include_dead=true')}`)
    await using living = await open(`snapshot=true&${own.query()}`)
    for (const reader of [some, all, living]) await reader.untilSynced()
    expect(own.labels(some.held.values().toArray())).toEqual(['lapsed'])
    expect(own.labels(all.held.values().toArray())).toEqual(['lapsed', 'living'])
    expect(own.labels(living.held.values().toArray())).toEqual(['living'])
    await own.deregister('lapsed')
    await own.deregister('living')
    expect((await some.next()).type).toBe('deregistered')
    expect((await all.until({ agentId: own.id('living') })).map(({ type }) => type)).toEqual([
      'deregistered',
      'deregistered',
    ])
  })
})

import { expect } from 'vitest'
import { conformance } from './support/conformance.ts'
import { change, endedStream, event, resetEvent, snapshot, stream, synced } from './support/feed.ts'
import { EVENTS } from './support/scripted-registry.ts'

const KEYS = ['user-1', 'user-2', 'user-3', 'user-4', 'user-5', 'ключ', '🦊']
/** Who owns these keys, in every SDK. */
const OWNERS = ['team:b', 'team:c', 'a-3', 'a-2', 'team:b', 'team:c', 'team:c']

conformance('live views', (rule) => {
  rule('a view is complete from the start, and follows changes', async ({ registry, start }) => {
    const changes = [change('registered', 'a-3', 'e:2'), change('deregistered', 'a-1', 'e:3')]
    registry.script(EVENTS, stream(snapshot('a-2'), snapshot('a-1'), synced(), ...changes))
    const sdk = start()
    await sdk.do('open_view')
    await sdk.until(({ view }) => view?.join() === 'a-2,a-3')

    expect(sdk.reported.map(({ view }) => view)).toEqual([
      ['a-1', 'a-2'],
      ['a-1', 'a-2', 'a-3'],
      ['a-2', 'a-3'],
    ])
  })

  rule('a view keeps its agents while the registry is away', async ({ registry, start }) => {
    registry.script(EVENTS, endedStream(snapshot('a-1'), synced()))
    registry.script(EVENTS, stream(resetEvent, snapshot('a-2')))
    const sdk = start()
    await sdk.do('open_view')
    await registry.received(EVENTS, 2)
    // Enough for a view that would lose its agents to do so.
    await new Promise((resolve) => setTimeout(resolve, 500))

    expect(await sdk.do('view_agents')).toEqual(['a-1'])
  })

  rule('a snapshot replaces a view once it is complete', async ({ registry, start }) => {
    registry.script(EVENTS, endedStream(snapshot('a-1'), synced()))
    registry.script(EVENTS, stream(resetEvent, snapshot('a-2'), snapshot('a-3'), synced('f:1')))
    const sdk = start()
    await sdk.do('open_view')
    await sdk.until(({ view }) => view?.includes('a-3') === true)

    expect(sdk.reported.map(({ view }) => view)).toEqual([['a-1'], ['a-2', 'a-3']])
  })

  rule('every SDK picks the same agent for a key', async ({ registry, start }) => {
    const agents = ['a-1', 'a-2', 'a-3', 'team:b', 'team:c']
    registry.script(EVENTS, stream(...agents.map((id) => snapshot(id)), synced()))
    const sdk = start()
    await sdk.do('open_view')
    const owners = await Promise.all(KEYS.map((key) => sdk.do('pick', { key })))

    expect(owners).toEqual(OWNERS)
  })

  rule('of two agents, the less loaded is picked', async ({ registry, start }) => {
    const agents = [snapshot('idle', { load: 0.1 }), snapshot('busy', { load: 0.9 })]
    const loads = { type: 'loads', loads: [{ agent_id: 'idle', load: 0.95 }] }
    registry.script(EVENTS, stream(...agents, synced()))
    registry.script(EVENTS, stream(...agents, synced(), event(loads)))
    const sdk = start()
    await sdk.do('open_view')
    const picks = await Promise.all(
      Array.from({ length: 20 }, () => sdk.do('pick', { strategy: 'least_loaded' })),
    )
    expect(new Set(picks)).toEqual(new Set(['idle']))

    await sdk.do('open_view')
    await expect.poll(() => sdk.do('pick', { strategy: 'least_loaded' })).toBe('busy')
  })

  rule('round robin takes turns, without the excluded', async ({ registry, start }) => {
    registry.script(EVENTS, stream(snapshot('a'), snapshot('b'), snapshot('c'), synced()))
    const sdk = start()
    await sdk.do('open_view')
    const picks: unknown[] = []
    for (let i = 0; i < 4; i++) {
      picks.push(await sdk.do('pick', { strategy: 'round_robin', excluded: ['b'] }))
    }

    expect(picks).toEqual(['a', 'c', 'a', 'c'])
  })

  rule('an empty view has nothing to pick', async ({ registry, start }) => {
    registry.script(EVENTS, stream(synced()))
    const sdk = start()
    await sdk.do('open_view')
    for (const strategy of ['least_loaded', 'random', 'round_robin']) {
      expect(await sdk.do('pick', { strategy })).toBeNull()
    }
    expect(await sdk.do('pick', { key: 'x' })).toBeNull()
  })

  rule('to close a view ends its connection', async ({ registry, start }) => {
    const closed = Promise.withResolvers<void>()
    registry.script(EVENTS, (response, request) => {
      response.once('close', closed.resolve)
      stream(snapshot('a-1'), synced())(response, request)
    })
    const sdk = start()
    await sdk.do('open_view')
    await sdk.do('close_view')
    await closed.promise

    expect(await sdk.do('view_agents')).toEqual(['a-1'])
  })
})

import { describe, expect, test } from 'vitest'
import { DiscoveryClient } from '../src/index.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import {
  change,
  disconnected,
  full,
  reset,
  ScriptedView,
  snapshot,
  synced,
} from './support/scripted-view.ts'
import { stream, snapshot as wireSnapshot, synced as wireSynced } from './support/scripted-watch.ts'

describe('a new view', () => {
  test('shows nothing until the first list is there to its end, and is then ready', async () => {
    await using scripted = new ScriptedView()
    let isReady = false
    const ready = scripted.view.ready.then(() => {
      isReady = true
    })
    await scripted.tell(reset, snapshot('b'), snapshot('a'))
    expect(scripted.ids).toEqual([])
    expect(isReady).toBe(false)
    expect(scripted.view.isConnected).toBe(false)
    expect(scripted.view.ageMs).toBe(Number.POSITIVE_INFINITY)
    await scripted.tell(synced)
    await ready
    expect(scripted.ids).toEqual(['a', 'b'])
    expect(scripted.view.isConnected).toBe(true)
    expect(scripted.view.ageMs).toBe(0)
  })

  test('that is told of an empty registry is ready and empty', async () => {
    await using scripted = new ScriptedView()
    await scripted.tell(reset, synced)
    await scripted.view.ready
    expect(scripted.ids).toEqual([])
    expect(scripted.view.pick()).toBeUndefined()
    expect(scripted.view.pick('random')).toBeUndefined()
    expect(scripted.view.pick('roundRobin')).toBeUndefined()
    expect(scripted.view.pick({ key: 'x' })).toBeUndefined()
  })

  test('is never ready when the registry refuses the filter, and says why', async () => {
    await using scripted = new ScriptedView()
    const refused = new Error('refused')
    const failure = expect(scripted.view.ready).rejects.toBe(refused)
    await scripted.tell(refused)
    await failure
  })

  test('that is closed before its first list came says so to who waits', async () => {
    const scripted = new ScriptedView()
    const failure = expect(scripted.view.ready).rejects.toThrow('closed before its first list')
    await scripted.view.close()
    await failure
  })
})

describe('changes', () => {
  test('are shown as they come', async () => {
    await using scripted = await full()
    await scripted.tell(change('c', true), change('a', false), change('b', true, { load: 0.7 }))
    expect(scripted.ids).toEqual(['b', 'c'])
    expect(scripted.view.get('b')?.load).toBe(0.7)
    expect(scripted.view.get('a')).toBeUndefined()
  })

  test('while a list arrives belong to that list', async () => {
    await using scripted = await full()
    await scripted.tell(reset, snapshot('x'), snapshot('y'), change('x', false), change('z', true))
    expect(scripted.ids).toEqual(['a', 'b'])
    await scripted.tell(synced)
    expect(scripted.ids).toEqual(['y', 'z'])
  })

  test('make a new array, and nothing else does', async () => {
    await using scripted = await full()
    const before = scripted.view.agents
    await scripted.tell(disconnected, synced)
    expect(scripted.view.agents).toBe(before)
    await scripted.tell(change('c', true))
    expect(scripted.view.agents).not.toBe(before)
    expect(before.map(({ agentId }) => agentId)).toEqual(['a', 'b'])
  })

  test('are told to listeners with the list after them, until they want no more', async () => {
    await using scripted = await full()
    const told: string[] = []
    const end = scripted.view.onChange((agents) => told.push(agents.map((a) => a.agentId).join()))
    await scripted.tell(change('c', true), reset, snapshot('d'), synced)
    end()
    await scripted.tell(change('e', true))
    expect(told).toEqual(['a,b,c', 'd'])
  })

  test('go on when a listener throws', async () => {
    await using scripted = await full()
    scripted.view.onChange(() => {
      throw new Error('a listener failed')
    })
    await scripted.tell(change('c', true), change('d', true))
    expect(scripted.ids).toEqual(['a', 'b', 'c', 'd'])
    expect(scripted.view.isConnected).toBe(true)
  })
})

describe('a view whose registry is away', () => {
  test('keeps its last content, and says how old that is', async () => {
    await using scripted = await full()
    scripted.clock.advance(5000)
    expect(scripted.view.ageMs).toBe(0)
    await scripted.tell(disconnected)
    expect(scripted.view.isConnected).toBe(false)
    expect(scripted.view.ageMs).toBe(0)
    scripted.clock.advance(7000)
    expect(scripted.ids).toEqual(['a', 'b'])
    expect(scripted.view.ageMs).toBe(7000)
  })

  test('still picks, by every strategy', async () => {
    await using scripted = await full()
    await scripted.tell(disconnected)
    scripted.clock.advance(60_000)
    for (const how of ['leastLoaded', 'random', 'roundRobin', { key: 'x' }] as const) {
      expect(['a', 'b']).toContain(scripted.view.pick(how)?.agentId)
    }
    expect(scripted.view.ageMs).toBe(60_000)
  })

  test('counts its age from the first word that failed, not from the last', async () => {
    await using scripted = await full()
    await scripted.tell(disconnected)
    scripted.clock.advance(1000)
    await scripted.tell(disconnected)
    scripted.clock.advance(1000)
    expect(scripted.view.ageMs).toBe(2000)
  })

  test('is never swapped for an empty one before the registry has told all of it', async () => {
    await using scripted = await full()
    await scripted.tell(disconnected, reset)
    expect(scripted.ids).toEqual(['a', 'b'])
    await scripted.tell(snapshot('x'), disconnected, reset)
    expect(scripted.ids).toEqual(['a', 'b'])
    await scripted.tell(snapshot('y'))
    expect(scripted.ids).toEqual(['a', 'b'])
    await scripted.tell(synced)
    expect(scripted.ids).toEqual(['y'])
    expect(scripted.view.ageMs).toBe(0)
  })

  test('is empty when the registry says that there is nobody', async () => {
    await using scripted = await full()
    await scripted.tell(disconnected, reset, synced)
    expect(scripted.ids).toEqual([])
  })

  test('goes on where it was when there was no reset', async () => {
    await using scripted = await full()
    await scripted.tell(disconnected, change('c', true), synced)
    expect(scripted.ids).toEqual(['a', 'b', 'c'])
    expect(scripted.view.isConnected).toBe(true)
  })
})

describe('a closed view', () => {
  test('keeps what it has, hears no more, and twice is fine', async () => {
    const scripted = await full()
    await scripted.view.close()
    await scripted.view.close()
    scripted.clock.advance(3000)
    expect(scripted.ids).toEqual(['a', 'b'])
    expect(scripted.view.pick({ key: 'x' })).toBeDefined()
    expect(scripted.view.ageMs).toBe(3000)
  })

  test('is what the signal of the client makes of it', async () => {
    const answering = stream(wireSnapshot('a'), wireSynced('e:1'))
    await using server = await ScriptedServer.start((_, response) => answering(response))
    const controller = new AbortController()
    const client = new DiscoveryClient({ registryUrl: server.url, signal: controller.signal })
    const view = client.liveView()
    await view.ready
    controller.abort()
    await expect.poll(() => view.isConnected).toBe(false)
    expect(view.agents.map(({ agentId }) => agentId)).toEqual(['a'])
    await view.close()
  })
})

describe('round robin', () => {
  test('visits everybody in turn', async () => {
    await using scripted = await full()
    const picked = [1, 2, 3, 4].map(() => scripted.view.pick('roundRobin')?.agentId)
    expect(picked).toEqual(['a', 'b', 'a', 'b'])
  })

  test('always finds one while agents come and go', async () => {
    await using scripted = await full()
    const picked: (string | undefined)[] = []
    for (let i = 0; i < 12; i++) {
      await scripted.tell(change(`c${i}`, true), change(`c${i - 3}`, false))
      picked.push(scripted.view.pick('roundRobin')?.agentId)
    }
    expect(picked).not.toContain(undefined)
    await scripted.tell(reset, snapshot('only'), synced)
    expect(scripted.view.pick('roundRobin')?.agentId).toBe('only')
    await scripted.tell(reset, synced)
    expect(scripted.view.pick('roundRobin')).toBeUndefined()
    await scripted.tell(change('back', true))
    expect(scripted.view.pick('roundRobin')?.agentId).toBe('back')
  })
})

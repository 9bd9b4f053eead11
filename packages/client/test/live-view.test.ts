import { describe, expect, test } from 'vitest'
import { DiscoveryClient } from '../src/index.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import {
  change,
  disconnected,
  reset,
  ScriptedView,
  snapshot,
  synced,
  syncedView,
} from './support/scripted-view.ts'
import { stream, snapshot as wireSnapshot, synced as wireSynced } from './support/scripted-watch.ts'

describe('a new view', () => {
  test('is empty until the first list is complete, and then ready', async () => {
    await using scripted = new ScriptedView()
    let isReady = false
    const ready = scripted.view.ready.then(() => {
      isReady = true
    })
    await scripted.emit(reset, snapshot('b'), snapshot('a'))
    expect(scripted.ids).toEqual([])
    expect(isReady).toBe(false)
    expect(scripted.view.isConnected).toBe(false)
    expect(scripted.view.ageMs).toBe(Number.POSITIVE_INFINITY)
    await scripted.emit(synced)
    await ready
    expect(scripted.ids).toEqual(['a', 'b'])
    expect(scripted.view.isConnected).toBe(true)
    expect(scripted.view.ageMs).toBe(0)
  })

  test('of an empty registry is ready and empty', async () => {
    await using scripted = new ScriptedView()
    await scripted.emit(reset, synced)
    await scripted.view.ready
    expect(scripted.ids).toEqual([])
    expect(scripted.view.pick()).toBeUndefined()
    expect(scripted.view.pick('random')).toBeUndefined()
    expect(scripted.view.pick('roundRobin')).toBeUndefined()
    expect(scripted.view.pick({ key: 'x' })).toBeUndefined()
  })

  test('rejects ready if the registry rejects the filter', async () => {
    await using scripted = new ScriptedView()
    const rejection = new Error('rejected')
    const failure = expect(scripted.view.ready).rejects.toBe(rejection)
    await scripted.emit(rejection)
    await failure
  })

  test('rejects ready if it is closed before its first list', async () => {
    const scripted = new ScriptedView()
    const failure = expect(scripted.view.ready).rejects.toThrow('closed before its first list')
    await scripted.view.close()
    await failure
  })
})

describe('changes', () => {
  test('apply as they arrive', async () => {
    await using scripted = await syncedView()
    await scripted.emit(change('c', true), change('a', false), change('b', true, { load: 0.7 }))
    expect(scripted.ids).toEqual(['b', 'c'])
    expect(scripted.view.get('b')?.load).toBe(0.7)
    expect(scripted.view.get('a')).toBeUndefined()
  })

  test('during a snapshot apply to that snapshot', async () => {
    await using scripted = await syncedView()
    await scripted.emit(reset, snapshot('x'), snapshot('y'), change('x', false), change('z', true))
    expect(scripted.ids).toEqual(['a', 'b'])
    await scripted.emit(synced)
    expect(scripted.ids).toEqual(['y', 'z'])
  })

  test('create a new array, and nothing else does', async () => {
    await using scripted = await syncedView()
    const before = scripted.view.agents
    await scripted.emit(disconnected, synced)
    expect(scripted.view.agents).toBe(before)
    await scripted.emit(change('c', true))
    expect(scripted.view.agents).not.toBe(before)
    expect(before.map(({ agentId }) => agentId)).toEqual(['a', 'b'])
  })

  test('notify listeners with the new list, until they unsubscribe', async () => {
    await using scripted = await syncedView()
    const lists: string[] = []
    const unsubscribe = scripted.view.onChange((agents) =>
      lists.push(agents.map((a) => a.agentId).join()),
    )
    await scripted.emit(change('c', true), reset, snapshot('d'), synced)
    unsubscribe()
    await scripted.emit(change('e', true))
    expect(lists).toEqual(['a,b,c', 'd'])
  })

  test('continue after a listener throws', async () => {
    await using scripted = await syncedView()
    scripted.view.onChange(() => {
      throw new Error('a listener failed')
    })
    await scripted.emit(change('c', true), change('d', true))
    expect(scripted.ids).toEqual(['a', 'b', 'c', 'd'])
    expect(scripted.view.isConnected).toBe(true)
  })
})

describe('a view of an unreachable registry', () => {
  test('keeps its content and reports its age', async () => {
    await using scripted = await syncedView()
    scripted.clock.advance(5000)
    expect(scripted.view.ageMs).toBe(0)
    await scripted.emit(disconnected)
    expect(scripted.view.isConnected).toBe(false)
    expect(scripted.view.ageMs).toBe(0)
    scripted.clock.advance(7000)
    expect(scripted.ids).toEqual(['a', 'b'])
    expect(scripted.view.ageMs).toBe(7000)
  })

  test('still picks with every strategy', async () => {
    await using scripted = await syncedView()
    await scripted.emit(disconnected)
    scripted.clock.advance(60_000)
    for (const how of ['leastLoaded', 'random', 'roundRobin', { key: 'x' }] as const) {
      expect(['a', 'b']).toContain(scripted.view.pick(how)?.agentId)
    }
    expect(scripted.view.ageMs).toBe(60_000)
  })

  test('measures its age from the first failure, not from the last', async () => {
    await using scripted = await syncedView()
    await scripted.emit(disconnected)
    scripted.clock.advance(1000)
    await scripted.emit(disconnected)
    scripted.clock.advance(1000)
    expect(scripted.view.ageMs).toBe(2000)
  })

  test('is not replaced before the new snapshot is complete', async () => {
    await using scripted = await syncedView()
    await scripted.emit(disconnected, reset)
    expect(scripted.ids).toEqual(['a', 'b'])
    await scripted.emit(snapshot('x'), disconnected, reset)
    expect(scripted.ids).toEqual(['a', 'b'])
    await scripted.emit(snapshot('y'))
    expect(scripted.ids).toEqual(['a', 'b'])
    await scripted.emit(synced)
    expect(scripted.ids).toEqual(['y'])
    expect(scripted.view.ageMs).toBe(0)
  })

  test('becomes empty after a complete empty snapshot', async () => {
    await using scripted = await syncedView()
    await scripted.emit(disconnected, reset, synced)
    expect(scripted.ids).toEqual([])
  })

  test('resumes without a reset', async () => {
    await using scripted = await syncedView()
    await scripted.emit(disconnected, change('c', true), synced)
    expect(scripted.ids).toEqual(['a', 'b', 'c'])
    expect(scripted.view.isConnected).toBe(true)
  })
})

describe('a closed view', () => {
  test('keeps its content, ignores changes, and close is idempotent', async () => {
    const scripted = await syncedView()
    await scripted.view.close()
    await scripted.view.close()
    scripted.clock.advance(3000)
    expect(scripted.ids).toEqual(['a', 'b'])
    expect(scripted.view.pick({ key: 'x' })).toBeDefined()
    expect(scripted.view.ageMs).toBe(3000)
  })

  test('results from aborting the signal of the client', async () => {
    const respond = stream(wireSnapshot('a'), wireSynced('e:1'))
    await using server = await ScriptedServer.start((_, response) => respond(response))
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
  test('visits each agent in turn', async () => {
    await using scripted = await syncedView()
    const picked = [1, 2, 3, 4].map(() => scripted.view.pick('roundRobin')?.agentId)
    expect(picked).toEqual(['a', 'b', 'a', 'b'])
  })

  test('always picks an agent while agents join and leave', async () => {
    await using scripted = await syncedView()
    const picked: (string | undefined)[] = []
    for (let i = 0; i < 12; i++) {
      await scripted.emit(change(`c${i}`, true), change(`c${i - 3}`, false))
      picked.push(scripted.view.pick('roundRobin')?.agentId)
    }
    expect(picked).not.toContain(undefined)
    await scripted.emit(reset, snapshot('only'), synced)
    expect(scripted.view.pick('roundRobin')?.agentId).toBe('only')
    await scripted.emit(reset, synced)
    expect(scripted.view.pick('roundRobin')).toBeUndefined()
    await scripted.emit(change('back', true))
    expect(scripted.view.pick('roundRobin')?.agentId).toBe('back')
  })
})

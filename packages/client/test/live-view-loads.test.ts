import { describe, expect, test } from 'vitest'
import type { LoadReport } from '../src/discovery/watch.ts'
import { change, reset, snapshot, synced, syncedView } from './support/scripted-view.ts'

describe('loads of a view', () => {
  const loads = (reported: Readonly<Record<string, number | null>>): LoadReport => ({
    type: 'loads',
    loads: Object.entries(reported).map(([agentId, load]) => ({ agentId, load })),
  })

  test('apply to the list, to lookups by id and to picks', async () => {
    await using scripted = await syncedView()
    const before = scripted.view.agents
    await scripted.emit(loads({ a: 1, b: 0 }))
    expect(scripted.view.get('a')?.load).toBe(1)
    expect(scripted.view.agents.map(({ agentId, load }) => [agentId, load])).toEqual([
      ['a', 1],
      ['b', 0],
    ])
    const picked = new Set(Array.from({ length: 20 }, () => scripted.view.pick()?.agentId))
    expect(picked).toEqual(new Set(['b']))
    expect(before.map(({ load }) => load)).not.toContain(1)
    await scripted.emit(loads({ b: null }))
    expect(scripted.view.get('b')?.load).toBeNull()
  })

  test('do not bring back an agent that has left', async () => {
    await using scripted = await syncedView()
    await scripted.emit(change('a', false), loads({ a: 0.1, x: 0.2 }))
    expect(scripted.ids).toEqual(['b'])
    expect(scripted.view.get('a')).toBeUndefined()
  })

  test('notify load listeners once per report, and not change listeners', async () => {
    await using scripted = await syncedView()
    const changes: number[] = []
    const reports: (number | null)[][] = []
    scripted.view.onChange((agents) => changes.push(agents.length))
    const unsubscribe = scripted.view.onLoads((agents) =>
      reports.push(agents.map(({ load }) => load)),
    )
    await scripted.emit(loads({ a: 0.1, b: 0.2 }), loads({ a: 0.1 }), loads({ x: 1 }))
    unsubscribe()
    await scripted.emit(loads({ a: 0.9 }))
    expect(reports).toEqual([[0.1, 0.2]])
    expect(changes).toEqual([])
  })

  test('of a snapshot in progress appear when it is complete', async () => {
    await using scripted = await syncedView()
    let reports = 0
    scripted.view.onLoads(() => reports++)
    await scripted.emit(reset, snapshot('a'), loads({ a: 0.7 }))
    expect(scripted.view.get('a')?.load).not.toBe(0.7)
    expect(reports).toBe(0)
    await scripted.emit(synced)
    expect(scripted.view.get('a')?.load).toBe(0.7)
  })
})

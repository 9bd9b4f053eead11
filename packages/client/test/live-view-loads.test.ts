import { describe, expect, test } from 'vitest'
import type { LoadReport } from '../src/discovery/watch.ts'
import { change, full, reset, snapshot, synced } from './support/scripted-view.ts'

describe('loads of a view', () => {
  const loads = (reported: Readonly<Record<string, number | null>>): LoadReport => ({
    type: 'loads',
    loads: Object.entries(reported).map(([agentId, load]) => ({ agentId, load })),
  })

  test('are those of the agents from then on, in the list, by id and in picks', async () => {
    await using scripted = await full()
    const before = scripted.view.agents
    await scripted.tell(loads({ a: 1, b: 0 }))
    expect(scripted.view.get('a')?.load).toBe(1)
    expect(scripted.view.agents.map(({ agentId, load }) => [agentId, load])).toEqual([
      ['a', 1],
      ['b', 0],
    ])
    const picked = new Set(Array.from({ length: 20 }, () => scripted.view.pick()?.agentId))
    expect(picked).toEqual(new Set(['b']))
    expect(before.map(({ load }) => load)).not.toContain(1)
    await scripted.tell(loads({ b: null }))
    expect(scripted.view.get('b')?.load).toBeNull()
  })

  test('bring back no agent that has left', async () => {
    await using scripted = await full()
    await scripted.tell(change('a', false), loads({ a: 0.1, x: 0.2 }))
    expect(scripted.ids).toEqual(['b'])
    expect(scripted.view.get('a')).toBeUndefined()
  })

  test('are reported to their listeners, once a report, and not as changes', async () => {
    await using scripted = await full()
    const changes: number[] = []
    const reports: (number | null)[][] = []
    scripted.view.onChange((agents) => changes.push(agents.length))
    const end = scripted.view.onLoads((agents) => reports.push(agents.map(({ load }) => load)))
    await scripted.tell(loads({ a: 0.1, b: 0.2 }), loads({ a: 0.1 }), loads({ x: 1 }))
    end()
    await scripted.tell(loads({ a: 0.9 }))
    expect(reports).toEqual([[0.1, 0.2]])
    expect(changes).toEqual([])
  })

  test('of a list that is on its way are shown with it', async () => {
    await using scripted = await full()
    let reports = 0
    scripted.view.onLoads(() => reports++)
    await scripted.tell(reset, snapshot('a'), loads({ a: 0.7 }))
    expect(scripted.view.get('a')?.load).not.toBe(0.7)
    expect(reports).toBe(0)
    await scripted.tell(synced)
    expect(scripted.view.get('a')?.load).toBe(0.7)
  })
})

import { describe, expect, test } from 'vitest'
import { pickByKey, pickLessLoaded, pickRandom } from '../src/discovery/pick.ts'
import type { Agent } from '../src/transport/wire.ts'
import { agent } from './support/wire-agents.ts'

/** Chance that comes as it is written, over and over. */
function chances(...values: number[]): () => number {
  let at = 0
  return () => values[at++ % values.length] ?? 0
}

const fleet = (count: number): Agent[] => Array.from({ length: count }, (_, i) => agent(`a:${i}`))

describe('the less busy of two', () => {
  const idle = agent('idle', { load: 0.1 })
  const busy = agent('busy', { load: 0.9 })
  const silent = agent('silent', { load: null })

  test('is chosen, whichever of them came up first', () => {
    expect(pickLessLoaded([idle, busy], chances(0, 0.5))).toBe(idle)
    expect(pickLessLoaded([idle, busy], chances(0.5, 0))).toBe(idle)
  })

  test('is not the least busy of all, so that not everybody runs to that one', () => {
    const agents = [idle, busy, agent('fuller', { load: 1 })]
    expect(pickLessLoaded(agents, chances(0.4, 0.9))).toBe(busy)
  })

  test('an agent that never told its load counts as half busy', () => {
    expect(pickLessLoaded([silent, busy], chances(0.5, 0))).toBe(silent)
    expect(pickLessLoaded([silent, idle], chances(0, 0.5))).toBe(idle)
  })

  test('of one is that one, of none is undefined', () => {
    expect(pickLessLoaded([busy], Math.random)).toBe(busy)
    expect(pickLessLoaded([], Math.random)).toBeUndefined()
  })

  test('is never chosen from one and the same: of two agents, the idle one gets all', () => {
    const picks = new Set<string | undefined>()
    for (const first of [0, 0.49, 0.5, 0.99]) {
      for (const second of [0, 0.49, 0.5, 0.99]) {
        picks.add(pickLessLoaded([busy, idle], chances(first, second))?.agentId)
      }
    }
    expect(picks).toEqual(new Set(['idle']))
  })

  test('gets most of the work over many picks, and the busiest of all none', () => {
    const agents = fleet(10).map((one, i) => ({ ...one, load: i / 10 }))
    const counts = new Map<string, number>()
    for (let a = 0; a < 10; a++) {
      for (let b = 0; b < 9; b++) {
        const picked = pickLessLoaded(agents, chances(a / 10, b / 9))?.agentId ?? ''
        counts.set(picked, (counts.get(picked) ?? 0) + 1)
      }
    }
    expect(Array.from(agents, ({ agentId }) => counts.get(agentId) ?? 0)).toEqual([
      18, 16, 14, 12, 10, 8, 6, 4, 2, 0,
    ])
  })
})

test('a random pick reaches everybody', () => {
  const agents = fleet(3)
  const picked = [0, 0.34, 0.99].map((chance) => pickRandom(agents, () => chance)?.agentId)
  expect(picked).toEqual(['a:0', 'a:1', 'a:2'])
  expect(pickRandom([], () => 0)).toBeUndefined()
})

describe('the agent of a key', () => {
  const keys = Array.from({ length: 5000 }, (_, i) => `conversation ${i}`)
  const agents = fleet(20)
  const home = (among: readonly Agent[]) =>
    new Map(keys.map((key) => [key, pickByKey(among, key)?.agentId]))

  test('is always the same, in whatever order the agents are', () => {
    expect(home(agents.toReversed())).toEqual(home(agents))
  })

  test('changes only for the keys of agents that are gone', () => {
    const gone = new Set(['a:3', 'a:17'])
    const before = home(agents)
    const after = home(agents.filter(({ agentId }) => !gone.has(agentId)))
    for (const key of keys) {
      const was = before.get(key) ?? ''
      if (gone.has(was)) expect(gone.has(after.get(key) ?? '')).toBe(false)
      else expect(after.get(key)).toBe(was)
    }
  })

  test('changes only for the keys that a new agent takes over', () => {
    const before = home(agents)
    const after = home([...agents, agent('new')])
    for (const key of keys) {
      if (after.get(key) !== 'new') expect(after.get(key)).toBe(before.get(key))
    }
  })

  test('is each of them about as often', () => {
    const counts = Map.groupBy(home(agents).values(), (agentId) => agentId)
    for (const { agentId } of agents) {
      const share = counts.get(agentId)?.length ?? 0
      // 250 each; the standard deviation is 15.4, so this is more than five of them.
      expect(share, agentId).toBeGreaterThan(170)
      expect(share, agentId).toBeLessThan(330)
    }
  })

  test('of nobody is undefined', () => {
    expect(pickByKey([], 'any')).toBeUndefined()
  })
})

import { describe, expect, test } from 'vitest'
import { pickByKey, pickLeastLoaded, pickRandom } from '../src/discovery/pick.ts'
import type { Agent } from '../src/transport/wire.ts'
import { agent } from './support/wire-agents.ts'

/** Returns the given random values in a cycle. */
function randomValues(...values: number[]): () => number {
  let at = 0
  return () => values[at++ % values.length] ?? 0
}

const fleet = (count: number): Agent[] => Array.from({ length: count }, (_, i) => agent(`a:${i}`))

describe('the less loaded of two agents', () => {
  const idle = agent('idle', { load: 0.1 })
  const busy = agent('busy', { load: 0.9 })
  const silent = agent('silent', { load: null })

  test('is picked, in either order', () => {
    expect(pickLeastLoaded([idle, busy], randomValues(0, 0.5))).toBe(idle)
    expect(pickLeastLoaded([idle, busy], randomValues(0.5, 0))).toBe(idle)
  })

  test('need not be the least loaded of all, so that callers do not all pick that one', () => {
    const agents = [idle, busy, agent('fuller', { load: 1 })]
    expect(pickLeastLoaded(agents, randomValues(0.4, 0.9))).toBe(busy)
  })

  test('an agent that never reported its load counts as half loaded', () => {
    expect(pickLeastLoaded([silent, busy], randomValues(0.5, 0))).toBe(silent)
    expect(pickLeastLoaded([silent, idle], randomValues(0, 0.5))).toBe(idle)
  })

  test('of one agent is that agent, of none is undefined', () => {
    expect(pickLeastLoaded([busy], Math.random)).toBe(busy)
    expect(pickLeastLoaded([], Math.random)).toBeUndefined()
  })

  test('compares different agents: of two agents, the idle one is always picked', () => {
    const picks = new Set<string | undefined>()
    for (const first of [0, 0.49, 0.5, 0.99]) {
      for (const second of [0, 0.49, 0.5, 0.99]) {
        picks.add(pickLeastLoaded([busy, idle], randomValues(first, second))?.agentId)
      }
    }
    expect(picks).toEqual(new Set(['idle']))
  })

  test('is picked more often the less loaded it is, and the busiest agent never', () => {
    const agents = fleet(10).map((one, i) => ({ ...one, load: i / 10 }))
    const counts = new Map<string, number>()
    for (let a = 0; a < 10; a++) {
      for (let b = 0; b < 9; b++) {
        const picked = pickLeastLoaded(agents, randomValues(a / 10, b / 9))?.agentId ?? ''
        counts.set(picked, (counts.get(picked) ?? 0) + 1)
      }
    }
    expect(Array.from(agents, ({ agentId }) => counts.get(agentId) ?? 0)).toEqual([
      18, 16, 14, 12, 10, 8, 6, 4, 2, 0,
    ])
  })
})

test('a random pick reaches every agent', () => {
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

  test('does not depend on the order of the agents', () => {
    expect(home(agents.toReversed())).toEqual(home(agents))
  })

  test('changes only for the keys of agents that left', () => {
    const left = new Set(['a:3', 'a:17'])
    const before = home(agents)
    const after = home(agents.filter(({ agentId }) => !left.has(agentId)))
    for (const key of keys) {
      const was = before.get(key) ?? ''
      if (left.has(was)) expect(left.has(after.get(key) ?? '')).toBe(false)
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

  test('is distributed evenly', () => {
    const counts = Map.groupBy(home(agents).values(), (agentId) => agentId)
    for (const { agentId } of agents) {
      const share = counts.get(agentId)?.length ?? 0
      // 250 each; the standard deviation is 15.4, so this is more than five of them.
      expect(share, agentId).toBeGreaterThan(170)
      expect(share, agentId).toBeLessThan(330)
    }
  })

  test('of an empty list is undefined', () => {
    expect(pickByKey([], 'any')).toBeUndefined()
  })
})

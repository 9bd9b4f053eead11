import type { Agent } from '../transport/wire.ts'

/** How to choose one of several agents. */
export type PickStrategy =
  /**
   * The less busy of two different ones chosen at random: nearly as even as choosing the least busy
   * of all, and without all callers choosing the same one (Mitzenmacher, "The Power of Two Choices in
   * Randomized Load Balancing", 1996). An agent that never reported its load counts as half busy.
   * What the view picks between two reports does not count: it cannot know how much of an agent one
   * piece of work takes.
   */
  'leastLoaded' | 'random' | 'roundRobin'

/** What an agent counts as that never said how busy it is. */
const UNKNOWN_LOAD = 0.5

/** The less busy of two that are chosen at random; undefined when there is none. */
export function pickLessLoaded(agents: readonly Agent[], random: () => number): Agent | undefined {
  const first = Math.floor(random() * agents.length)
  const one = agents[first]
  // One of the others: compared with itself, a busy agent would win.
  const second = Math.floor(random() * (agents.length - 1))
  const other = agents[second < first ? second : second + 1]
  if (one === undefined || other === undefined) return one
  return loadOf(other) < loadOf(one) ? other : one
}

function loadOf(agent: Agent): number {
  return agent.load ?? UNKNOWN_LOAD
}

export function pickRandom(agents: readonly Agent[], random: () => number): Agent | undefined {
  return agents[Math.floor(random() * agents.length)]
}

/**
 * The agent that a key belongs to: always the same one while it is there, and when agents come or
 * go, only the keys of those move ("rendezvous hashing": Thaler and Ravishankar, 1998).
 */
export function pickByKey(agents: readonly Agent[], key: string): Agent | undefined {
  let best: Agent | undefined
  let bestScore = -1
  for (const agent of agents) {
    const score = hash(`${agent.agentId}\n${key}`)
    if (score > bestScore) {
      best = agent
      bestScore = score
    }
  }
  return best
}

/** FNV-1a with the finalizer of MurmurHash3, which spreads neighbours apart. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}

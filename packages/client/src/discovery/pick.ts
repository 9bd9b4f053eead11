import type { Agent } from '../transport/wire.ts'

/** Strategy to pick one of several agents. */
export type PickStrategy =
  /**
   * Picks the less loaded of two different random agents: nearly as even as the least loaded of
   * all, and callers do not all pick the same one (Mitzenmacher, "The Power of Two Choices in
   * Randomized Load Balancing", 1996). An agent that never reported its load counts as 0.5. Picks
   * between two reports are not counted: the view cannot know how much load one task adds.
   */
  'leastLoaded' | 'random' | 'roundRobin'

/** The assumed load of an agent that never reported one. */
const UNKNOWN_LOAD = 0.5

/** Returns the less loaded of two random agents; undefined if there are none. */
export function pickLeastLoaded(agents: readonly Agent[], random: () => number): Agent | undefined {
  const first = Math.floor(random() * agents.length)
  const one = agents[first]
  // Never the same agent: compared with itself, a busy one would win.
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
 * Returns the agent that owns a key: the same one while it is listed. When agents join or leave,
 * only the keys of those agents move ("rendezvous hashing": Thaler and Ravishankar, 1998).
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

/** FNV-1a with the MurmurHash3 finalizer, which spreads similar inputs. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}

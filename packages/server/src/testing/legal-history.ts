import type { Transition, TransitionType } from '../domain/transition.ts'

type State = 'absent' | 'alive' | 'expired'

/** In which states a transition may happen, and where it leads. */
const MOVES: Readonly<Record<TransitionType, { from: readonly State[]; to: State }>> = {
  registered: { from: ['absent'], to: 'alive' },
  updated: { from: ['alive'], to: 'alive' },
  revived: { from: ['expired'], to: 'alive' },
  expired: { from: ['alive'], to: 'expired' },
  removed: { from: ['expired'], to: 'absent' },
  deregistered: { from: ['alive', 'expired'], to: 'absent' },
}

/**
 * Replays a history from its beginning, and throws at the first transition that cannot follow
 * those before it. Returns the agents that there are at its end.
 */
export function replay(history: readonly Transition[]): Map<string, Transition> {
  const states = new Map<string, State>()
  const last = new Map<string, Transition>()
  for (const [index, transition] of history.entries()) {
    const { agentId, type, revision } = transition
    const state = states.get(agentId) ?? 'absent'
    if (revision !== index + 1) throw new Error(`revision ${revision} comes as number ${index + 1}`)
    if (!MOVES[type].from.includes(state)) throw new Error(`${agentId} is ${state}, then ${type}`)
    states.set(agentId, MOVES[type].to)
    if (MOVES[type].to === 'absent') last.delete(agentId)
    else last.set(agentId, transition)
  }
  return last
}

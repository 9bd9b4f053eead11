import type { Transition, TransitionType } from '../domain/transition.ts'

type State = 'absent' | 'alive' | 'expired'

/** The states in which a transition may happen, and the state after it. */
const MOVES: Readonly<Record<TransitionType, { from: readonly State[]; to: State | 'same' }>> = {
  registered: { from: ['absent'], to: 'alive' },
  // Of an expired agent, only the maintenance changes.
  updated: { from: ['alive', 'expired'], to: 'same' },
  replaced: { from: ['alive'], to: 'alive' },
  revived: { from: ['expired'], to: 'alive' },
  expired: { from: ['alive'], to: 'expired' },
  removed: { from: ['expired'], to: 'absent' },
  deregistered: { from: ['alive', 'expired'], to: 'absent' },
}

/**
 * Replays a history from its start, and throws at the first transition that is invalid after those before
 * it. Returns the last transition of each agent that exists at its end.
 */
export function replay(history: readonly Transition[]): Map<string, Transition> {
  const states = new Map<string, State>()
  const last = new Map<string, Transition>()
  for (const [index, transition] of history.entries()) {
    const { agentId, type, revision } = transition
    const state = states.get(agentId) ?? 'absent'
    if (revision !== index + 1) throw new Error(`revision ${revision} is at position ${index + 1}`)
    if (!MOVES[type].from.includes(state)) throw new Error(`${agentId} is ${state}, then ${type}`)
    const { to } = MOVES[type]
    states.set(agentId, to === 'same' ? state : to)
    if (to === 'absent') last.delete(agentId)
    else last.set(agentId, transition)
  }
  return last
}

import type { FilterableState } from '../domain/query/agent-filter.ts'
import type { Transition } from '../domain/transition.ts'
import { sameCapabilities, sameMetadata } from '../domain/transition-reason.ts'

/** Encodes how the agent differed before the transition, as JSON; null: the agent did not exist. */
export function encodePreviousState({ before, agent }: Transition): string | null {
  if (before === undefined) return null
  const { agentName, capabilities, metadata, status, alive } = before
  return JSON.stringify({
    alive,
    ...(status !== agent.status && { status }),
    ...(agentName !== agent.agentName && { agentName }),
    ...(!sameCapabilities(before, agent) && { capabilities }),
    ...(!sameMetadata(before, agent) && { metadata }),
  })
}

/** Reconstructs the state before a transition from the agent after it and the encoded difference. */
export function decodePreviousState(agent: FilterableState, encoded: string): FilterableState {
  const { agentName, capabilities, metadata, status, alive } = agent
  return { agentName, capabilities, metadata, status, alive, ...JSON.parse(encoded) }
}

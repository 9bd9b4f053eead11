import type { FilterableState } from '../domain/query/agent-filter.ts'
import type { Transition } from '../domain/transition.ts'
import { sameCapabilities, sameMetadata } from '../domain/transition-reason.ts'

/** What differs from the agent after the transition, as JSON; null: there was no agent. */
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

/** The traits before a transition, from the agent after it and what was noted of them. */
export function decodePreviousState(agent: FilterableState, noted: string): FilterableState {
  const { agentName, capabilities, metadata, status, alive } = agent
  return { agentName, capabilities, metadata, status, alive, ...JSON.parse(noted) }
}

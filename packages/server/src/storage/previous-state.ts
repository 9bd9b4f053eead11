import { sameCard } from '../domain/agent-card.ts'
import { completeDetails, sameDetails } from '../domain/details.ts'
import { sameMaintenance } from '../domain/maintenance.ts'
import { filterableStateOf } from '../domain/query/agent-filter.ts'
import { sameCapabilities, sameMetadata, sameTags } from '../domain/query/same-profile.ts'
import type { PreviousState, Transition } from '../domain/transition.ts'

/** Encodes how the agent differed before the transition, as JSON; null: the agent did not exist. */
export function encodePreviousState({ before, agent }: Transition): string | null {
  if (before === undefined) return null
  const { agentName, capabilities, details, tags, card, metadata, status } = before
  const { suspect, maintenance, alive, owner } = before
  // JSON omits what is undefined: a field that is the same after the transition.
  const difference: { readonly [F in keyof PreviousState]: PreviousState[F] | undefined } = {
    alive,
    status: status === agent.status ? undefined : status,
    suspect: suspect === agent.suspect ? undefined : suspect,
    maintenance: sameMaintenance(maintenance, agent.maintenance) ? undefined : maintenance,
    owner: owner === agent.owner ? undefined : owner,
    agentName: agentName === agent.agentName ? undefined : agentName,
    capabilities: sameCapabilities(before, agent) ? undefined : capabilities,
    details: sameDetails(before, agent) ? undefined : details,
    tags: sameTags(before, agent) ? undefined : tags,
    card: sameCard(before, agent) ? undefined : card,
    metadata: sameMetadata(before, agent) ? undefined : metadata,
  }
  return JSON.stringify(difference)
}

/** Reconstructs the state before a transition from the agent after it and the encoded difference. */
export function decodePreviousState(agent: PreviousState, encoded: string): PreviousState {
  const difference: Partial<PreviousState> = JSON.parse(encoded)
  const state = { ...filterableStateOf(agent), owner: agent.owner, ...difference }
  return { ...state, details: completeDetails(state.details) }
}

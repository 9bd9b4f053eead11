import {
  type AgentStatus,
  type DetailFilter,
  VIEW_STATUSES,
  type ViewStatus,
} from '@rollcall/protocol'
import type { AgentProfile } from '../agent-registration.ts'
import type { Maintenance } from '../maintenance.ts'

/** Selects agents; an agent must meet every condition that is present. */
export interface AgentFilter {
  /**
   * Ids, or beginnings of ids followed by `*`; the agent must have any of them. Case-sensitive. An empty list matches
   * no agent.
   */
  readonly agentIds?: readonly string[] | undefined
  /** The whole name, or a prefix if the last character is a `*`. Case-sensitive. */
  readonly name?: string | undefined
  /** The agent must have all of them. Case-sensitive. */
  readonly capabilities?: readonly string[] | undefined
  /** The agent must have all of them. Case-sensitive. */
  readonly tags?: readonly string[] | undefined
  /** The agent must have any of them, as shown by reads. `expired` includes dead agents. */
  readonly statuses?: readonly ViewStatus[] | undefined
  /** The agent must meet all of them; see {@link MetadataCondition}. */
  readonly metadata?: readonly MetadataCondition[] | undefined
  /** The agent must have each of these values. Case-sensitive. */
  readonly details?: DetailFilter | undefined
  /**
   * Words, separated by whitespace; each must be found somewhere in the id, the name, a capability, a
   * tag, a detail, the skills of the card or the metadata (keys and values). Not case-sensitive.
   */
  readonly text?: string | undefined
  /** Includes agents whose lease has lapsed. Default false. */
  readonly includeDead?: boolean | undefined
}

/**
 * A value somewhere in the metadata. Array elements are matched individually: `{"tags": ["a", "b"]}`
 * has `tags` equal to `a` and to `b`.
 */
export interface MetadataCondition {
  /** Keys joined by dots: `gpu.model`. */
  readonly path: string
  /** A string as it is; numbers, booleans and null as written in JSON. Case-sensitive. */
  readonly value: string
}

/** The fields that filters search. */
export type SearchableProfile = Pick<
  AgentProfile,
  'agentName' | 'capabilities' | 'details' | 'tags' | 'card' | 'metadata'
>

/** The state of an agent that filters examine. */
export interface FilterableState extends SearchableProfile {
  /** The last status that the agent reported. */
  readonly status: AgentStatus
  /** Whether the brake on mass expiry held back its expiry. */
  readonly suspect: boolean
  /** What an operator had decided about it; null: nothing. */
  readonly maintenance: Maintenance | null
  /** Whether its lease was running. */
  readonly alive: boolean
}

/** Returns the state that filters examine, without the other fields of an object. */
export function filterableStateOf(agent: FilterableState): FilterableState {
  const { agentName, capabilities, details, tags, card, metadata } = agent
  const { status, suspect, maintenance, alive } = agent
  const profile = { agentName, capabilities, details, tags, card, metadata }
  return { ...profile, status, suspect, maintenance, alive }
}

/** The statuses that reads show of an agent whose lease is running. */
export type LiveStatus = Exclude<ViewStatus, 'expired'>

/** All of {@link LiveStatus}. */
export const LIVE_STATUSES = VIEW_STATUSES.filter((status) => status !== 'expired')

/**
 * Returns the status that reads show while the lease is running. `suspect` comes before maintenance, because it
 * is what the registry has observed, and counts of suspects stay complete; neither is ever ready, and a record
 * shows its maintenance in any case.
 */
export function liveStatus(
  state: Pick<FilterableState, 'status' | 'suspect' | 'maintenance'>,
): LiveStatus {
  return state.suspect ? 'suspect' : statusUnlessSuspect(state)
}

/** Returns the status that the agent reports, unless an operator has decided otherwise. */
export function statusUnlessSuspect({
  status,
  maintenance,
}: Pick<FilterableState, 'status' | 'maintenance'>): AgentStatus {
  return maintenance === null ? status : 'draining'
}

/** Returns the status that reads show. */
export function viewStatus(
  state: Pick<FilterableState, 'status' | 'suspect' | 'maintenance' | 'alive'>,
): ViewStatus {
  return state.alive ? liveStatus(state) : 'expired'
}

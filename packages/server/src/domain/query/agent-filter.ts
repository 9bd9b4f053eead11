import type { AgentStatus, ViewStatus } from '@rollcall/protocol'
import type { AgentProfile } from '../agent-registration.ts'

/** Which agents someone asks for; an agent must meet every condition that is there. */
export interface AgentFilter {
  /** The whole name, or its beginning when the last character is a `*`. Case counts. */
  readonly name?: string | undefined
  /** All of them. Case counts. */
  readonly capabilities?: readonly string[] | undefined
  /** Any of them, as reads show it. Who asks for `expired` also asks for the dead. */
  readonly statuses?: readonly ViewStatus[] | undefined
  /** All of them; see {@link MetadataCondition}. */
  readonly metadata?: readonly MetadataCondition[] | undefined
  /**
   * Words, separated by blanks; each must be found somewhere in the id, the name, a capability or
   * the metadata (keys and values). Case does not count.
   */
  readonly text?: string | undefined
  /** Also those whose lease has lapsed. Default false. */
  readonly includeDead?: boolean | undefined
}

/**
 * A value somewhere in the metadata. Arrays are looked into: `{"tags": ["a", "b"]}` has `tags`
 * equal to `a` and to `b`.
 */
export interface MetadataCondition {
  /** Keys joined by dots: `gpu.model`. */
  readonly path: string
  /** A string as it is; numbers, booleans and null as JSON has them. Case counts. */
  readonly value: string
}

/** What filters look at. */
export type SearchableProfile = Pick<AgentProfile, 'agentName' | 'capabilities' | 'metadata'>

/** What filters look at, of an agent at some moment. */
export interface FilterableState extends SearchableProfile {
  /** What the agent said of itself. */
  readonly status: AgentStatus
  /** Whether its lease ran. */
  readonly alive: boolean
}

/** The status that reads show. */
export function viewStatus({
  status,
  alive,
}: Pick<FilterableState, 'status' | 'alive'>): ViewStatus {
  return alive ? status : 'expired'
}

import type { TransitionType } from '@rollcall/protocol'
import type { AgentRecord } from './agent-record.ts'
import type { FilterableState } from './query/agent-filter.ts'

export type { TransitionType }

/** A visible change of one agent. Heartbeats are not transitions. */
export interface Transition {
  /** One more than the transition before it, over the whole registry. */
  readonly revision: number
  /** The kind of change. */
  readonly type: TransitionType
  /** Whose change it is. */
  readonly agentId: string
  /** Unix time in milliseconds. */
  readonly atMs: number
  /** Why, for people: `ttl lapsed: last heartbeat 12.3 s ago, ttl 10 s`. */
  readonly reason: string
  /** The agent after the change; for `removed` and `deregistered`, as it last was. */
  readonly agent: AgentRecord
  /**
   * What filters look at, as it was before the change, so that whoever follows a filter can tell
   * who entered and who left; undefined when there was no such agent.
   */
  readonly before: FilterableState | undefined
}

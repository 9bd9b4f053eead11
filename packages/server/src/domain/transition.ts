import type { TransitionType } from '@rollcall/protocol'
import type { AgentRecord } from './agent-record.ts'
import type { FilterableState } from './query/agent-filter.ts'

export type { TransitionType }

const REMOVALS: ReadonlySet<TransitionType> = new Set(['removed', 'deregistered'])

/** Whether the agent is gone after a transition. */
export function isRemoval(type: TransitionType): boolean {
  return REMOVALS.has(type)
}

/** What the history keeps of an agent as it was before a transition. */
export interface PreviousState extends FilterableState {
  /** The principal that it belonged to; null: nobody. The transition claims the agent if it has an owner after it. */
  readonly owner: string | null
}

/** A visible change of one agent. Heartbeats are not transitions. */
export interface Transition {
  /** One more than that of the previous transition of the whole registry. */
  readonly revision: number
  /** The kind of change. */
  readonly type: TransitionType
  /** The agent that changed. */
  readonly agentId: string
  /** Unix time in milliseconds. */
  readonly atMs: number
  /** Why it happened, for humans: `ttl lapsed: last heartbeat 12.3 s ago, ttl 10 s`. */
  readonly reason: string
  /** Who asked for it: a principal, or `anonymous (ADDRESS)`; null: nobody, as for an expiry. */
  readonly actor: string | null
  /** The agent after the change; for `removed` and `deregistered`, its last state. */
  readonly agent: AgentRecord
  /**
   * The state before the change, from which a filtered stream derives which agents entered or left, and counts
   * follow the agents; undefined when the agent did not exist.
   */
  readonly before: PreviousState | undefined
}

import type { TransitionType } from '@rollcall/protocol'
import type { AgentRecord } from './agent-record.ts'
import type { FilterableState } from './query/agent-filter.ts'

export type { TransitionType }

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
   * The filterable state before the change, from which a filtered stream derives which agents entered
   * or left; undefined when the agent did not exist.
   */
  readonly before: FilterableState | undefined
}

import type { AgentRecord } from './agent-record.ts'

/** The kinds of visible change. */
export type TransitionType =
  | 'registered'
  | 'updated'
  | 'revived'
  | 'expired'
  | 'removed'
  | 'deregistered'

/** A visible change of one agent. Heartbeats are not transitions. */
export interface Transition {
  /** One more than the transition before it, over the whole registry. */
  readonly revision: number
  readonly type: TransitionType
  readonly agentId: string
  /** Unix time in milliseconds. */
  readonly atMs: number
  /** Why, for people: `ttl lapsed: last heartbeat 12.3 s ago, ttl 10 s`. */
  readonly reason: string
  /** The agent after the change; for `removed` and `deregistered`, as it last was. */
  readonly agent: AgentRecord
}

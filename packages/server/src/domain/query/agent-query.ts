import type { AgentSort } from '@rollcall/protocol'
import type { AgentRecord } from '../agent-record.ts'
import type { AgentFilter } from './agent-filter.ts'

/** Describes a list of agents, or a part of it. */
export interface AgentQuery extends AgentFilter {
  /** Default `agent_id`. Agents with equal keys are ordered by id. */
  readonly sort?: AgentSort | undefined
  /** Maximum number of agents. Default: all. */
  readonly limit?: number | undefined
  /** Only agents that sort after this position: where an earlier list ended. */
  readonly after?: ListPosition | undefined
  /**
   * How liveness is judged. `clock` (default): the lease is running at the moment of the read.
   * `transitions`: its expiry is not yet recorded. Only the latter is consistent for a reader that
   * continues with the transitions after the list: an unrecorded lapse is undone when the registry is
   * killed.
   */
  readonly aliveBy?: 'clock' | 'transitions' | undefined
}

/** A position between two agents of a list. It remains valid when agents come and go. */
export interface ListPosition {
  /** The sort key, ascending; null when the list is sorted by id alone. */
  readonly key: number | null
  /** Breaks ties between equal keys. */
  readonly agentId: string
}

/** The fields of an agent by which lists are sorted. */
export type SortableAgent = Pick<
  AgentRecord,
  'agentId' | 'load' | 'registeredAtMs' | 'lastHeartbeatMs' | 'expiresAtMs'
>

/** Returns the position directly after an agent. */
export function positionOf(agent: SortableAgent, sort: AgentSort = 'agent_id'): ListPosition {
  return { key: sortKey(agent, sort), agentId: agent.agentId }
}

/** Compares two positions; negative when the first comes before the second. */
export function comparePositions(a: ListPosition, b: ListPosition): number {
  if (a.key !== null && b.key !== null && a.key !== b.key) return a.key - b.key
  return a.agentId < b.agentId ? -1 : a.agentId > b.agentId ? 1 : 0
}

/** Above every load: agents that never reported load sort last, in either direction. */
const NO_LOAD = 2

function sortKey(agent: SortableAgent, sort: AgentSort): number | null {
  switch (sort) {
    case 'agent_id':
      return null
    case 'last_heartbeat':
      return agent.lastHeartbeatMs
    case '-last_heartbeat':
      return -agent.lastHeartbeatMs
    case 'registered_at':
      return agent.registeredAtMs
    case '-registered_at':
      return -agent.registeredAtMs
    case 'expires_at':
      return agent.expiresAtMs
    case '-expires_at':
      return -agent.expiresAtMs
    case 'load':
      return agent.load ?? NO_LOAD
    case '-load':
      return agent.load === null ? NO_LOAD : -agent.load
  }
}

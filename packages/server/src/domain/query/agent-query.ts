import type { AgentSort } from '@rollcall/protocol'
import type { AgentRecord } from '../agent-record.ts'
import type { AgentFilter } from './agent-filter.ts'

/** A list, or a part of it. */
export interface AgentQuery extends AgentFilter {
  /** Default `agent_id`. Agents that sort alike come in order of their id. */
  readonly sort?: AgentSort | undefined
  /** At most so many. Default: all. */
  readonly limit?: number | undefined
  /** Only what sorts behind this place: where an earlier list ended. */
  readonly after?: ListPosition | undefined
  /**
   * Who counts as alive: whose lease runs at the moment of the read (default), or whose expiry no
   * transition tells of yet. Only the latter is true for those who go on with the transitions
   * behind the list: a lapse that was seen but not told of is undone when the registry is killed.
   */
  readonly aliveBy?: 'clock' | 'transitions' | undefined
}

/** A place between two agents of a list. It stays where it is when agents come and go. */
export interface ListPosition {
  /** What the list is sorted by, ascending; null when it is the id alone. */
  readonly key: number | null
  /** Decides between agents that sort alike. */
  readonly agentId: string
}

/** What an order looks at, of an agent. */
export type SortableAgent = Pick<
  AgentRecord,
  'agentId' | 'load' | 'registeredAtMs' | 'lastHeartbeatMs'
>

/** The place right behind an agent. */
export function positionOf(agent: SortableAgent, sort: AgentSort = 'agent_id'): ListPosition {
  return { key: sortKey(agent, sort), agentId: agent.agentId }
}

/** Negative when the first comes before the second. */
export function comparePositions(a: ListPosition, b: ListPosition): number {
  if (a.key !== null && b.key !== null && a.key !== b.key) return a.key - b.key
  return a.agentId < b.agentId ? -1 : a.agentId > b.agentId ? 1 : 0
}

/** Above every load: who never said how busy it is comes last, whichever way round. */
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
    case 'load':
      return agent.load ?? NO_LOAD
    case '-load':
      return agent.load === null ? NO_LOAD : -agent.load
  }
}

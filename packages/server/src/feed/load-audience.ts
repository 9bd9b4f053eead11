import type { AgentFilter } from '../domain/query/agent-filter.ts'
import type { FollowedAgent } from './followed-loads.ts'

/** Someone who follows the loads of the agents that a filter lists. */
export interface LoadReader {
  readonly filter: AgentFilter
  /** The loads that it holds, by agent; undefined: it does not say, or holds none. */
  readonly known: KnownLoads | undefined
  /** Takes the text of one or more load reports, shared with others. */
  deliver(text: Buffer): void
  /**
   * Called when the reader has joined: whatever moves from now on is delivered.
   *
   * @param current goes through the loads that it needs to hold what the others hold
   */
  begin(current: CurrentLoads): void
}

/** Loads by agent. */
export type KnownLoads = ReadonlyMap<string, number | null>

/**
 * The loads of all agents of an audience as its readers were sent them, a text at a time, each as
 * it is when it is asked for. A text may be empty.
 *
 * @param known are left out
 */
export type CurrentLoads = (known: KnownLoads | undefined) => Iterable<string>

/** A reader on its way in. */
export interface JoiningReader {
  readonly reader: LoadReader
  /** Up to this revision it knew everything; what the audience knows must have come as far. */
  readonly joinedAt: number
}

/** Those who follow the loads of one filter, and the agents that it lists. */
export class LoadAudience {
  readonly filter: AgentFilter
  readonly agents = new Set<FollowedAgent>()
  readonly readers = new Set<LoadReader>()
  readonly joining = new Map<LoadReader, JoiningReader>()
  /** Agents of which an event came while the list was read; undefined once it is complete. */
  changedWhileListing: Set<string> | undefined = new Set()
  isClosed = false

  constructor(filter: AgentFilter) {
    this.filter = filter
  }

  get isListed(): boolean {
    return this.changedWhileListing === undefined
  }

  get isEmpty(): boolean {
    return this.readers.size === 0 && this.joining.size === 0
  }
}

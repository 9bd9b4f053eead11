/** How much each attack does, and for how long everything is measured. */
export interface Size {
  /** Agents with heartbeats: half of them single, half in batches. */
  readonly beatingAgents: number
  /** Seconds of measurement before the attack. */
  readonly undisturbedSeconds: number
  /** Seconds after which a running attack is stopped. */
  readonly attackSeconds: number
  /** Seconds that the registry has to recover. */
  readonly recoverySeconds: number
  /** Seconds after which a registry that leaves a heartbeat without a response is killed. */
  readonly cutSeconds: number
  /** Agents of a large fleet. */
  readonly crowd: number
  /** Streams, each with a different filter. */
  readonly filters: number
  /** Changes that each of those filters applies to. */
  readonly filteredChanges: number
  /** Agents with expanding metadata on a page of targets. */
  readonly richTargets: number
  /** Agents with expanding metadata, registered at once. */
  readonly richRegistrations: number
  /** Agents with expanding metadata in the store at its start. */
  readonly richRestart: number
  /** Requests whose connection is closed before the response. */
  readonly abandonedQueries: number
  /** Changes in a full history. */
  readonly history: number
  /** Clients that repeat the same expensive request without a pause. */
  readonly clients: number
  /** Streams that are read. */
  readonly readers: number
  /** Changes sent to all of them; a multiple of 5000. */
  readonly readChanges: number
  /** Streams that are never read. */
  readonly idleReaders: number
  /** Lists that are never read. */
  readonly unreadLists: number
  /** Incomplete bodies of 4 MiB each. */
  readonly unfinishedBodies: number
  /** Pipelined streams on one connection. */
  readonly pipelinedStreams: number
  /** Streams with a connection each. */
  readonly streams: number
  /** Status changes of one agent. */
  readonly flips: number
  /** Connections that send more requests of all kinds than a registry can serve. */
  readonly overloadConnections: number
  /** Seconds for which they do. */
  readonly overloadSeconds: number
  /** Agents of a fleet that is searched by one letter. */
  readonly searchedAgents: number
  /** Seconds that a database blocks. */
  readonly waitSeconds: number
}

/**
 * Sizes by name; all differences between them are here. `check` is for tests, which ignore timing;
 * `small` shows the effect of an attack in seconds; the published figures are those of `full`.
 */
export const SIZES: Readonly<Record<string, Size>> = {
  check: {
    beatingAgents: 300,
    undisturbedSeconds: 1,
    attackSeconds: 2,
    recoverySeconds: 10,
    cutSeconds: 20,
    crowd: 5000,
    filters: 50,
    filteredChanges: 2,
    richTargets: 20,
    richRegistrations: 50,
    richRestart: 50,
    abandonedQueries: 200,
    history: 5000,
    clients: 10,
    readers: 50,
    readChanges: 10_000,
    idleReaders: 100,
    unreadLists: 40,
    unfinishedBodies: 50,
    pipelinedStreams: 300,
    streams: 200,
    flips: 110_000,
    overloadConnections: 2000,
    overloadSeconds: 5,
    searchedAgents: 5000,
    waitSeconds: 10,
  },
  small: {
    beatingAgents: 300,
    undisturbedSeconds: 2,
    attackSeconds: 5,
    recoverySeconds: 15,
    cutSeconds: 20,
    crowd: 20_000,
    filters: 200,
    filteredChanges: 4,
    richTargets: 50,
    richRegistrations: 100,
    richRestart: 300,
    abandonedQueries: 600,
    history: 20_000,
    clients: 30,
    readers: 100,
    readChanges: 10_000,
    idleReaders: 300,
    unreadLists: 40,
    unfinishedBodies: 200,
    pipelinedStreams: 1300,
    streams: 500,
    flips: 110_000,
    overloadConnections: 2000,
    overloadSeconds: 8,
    searchedAgents: 50_000,
    waitSeconds: 8,
  },
  full: {
    beatingAgents: 300,
    undisturbedSeconds: 5,
    attackSeconds: 20,
    recoverySeconds: 60,
    cutSeconds: 60,
    crowd: 200_000,
    filters: 500,
    filteredChanges: 10,
    richTargets: 150,
    richRegistrations: 400,
    richRestart: 5000,
    abandonedQueries: 600,
    history: 100_000,
    clients: 30,
    readers: 300,
    readChanges: 50_000,
    idleReaders: 1000,
    unreadLists: 40,
    unfinishedBodies: 200,
    pipelinedStreams: 1300,
    streams: 2000,
    flips: 110_000,
    overloadConnections: 2000,
    overloadSeconds: 20,
    searchedAgents: 1_000_000,
    waitSeconds: 20,
  },
}

/** Returns the size with a name. */
export function sizeOf(name: string): Size {
  const size = SIZES[name]
  if (size === undefined) throw new Error(`unknown size ${name}`)
  return size
}

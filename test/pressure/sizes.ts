/** How much an attack does, and for how long everything is watched. */
export interface Size {
  /** Agents of the fleet that beats: half one by one, half in batches. */
  readonly beatingAgents: number
  /** Seconds that everything is measured before the attack. */
  readonly undisturbedSeconds: number
  /** Seconds after which an attack that goes on is ended. */
  readonly attackSeconds: number
  /** Seconds that the registry has to be normal again. */
  readonly recoverySeconds: number
  /** Seconds after which a registry that leaves a heartbeat unanswered is killed. */
  readonly cutSeconds: number
  /** Agents of a large fleet. */
  readonly crowd: number
  /** Streams that each have a filter of their own. */
  readonly filters: number
  /** Changes that each of those filters has to be applied to. */
  readonly filteredChanges: number
  /** Agents with metadata that expand, on a page of targets. */
  readonly richTargets: number
  /** Agents with metadata that expand, registered at once. */
  readonly richRegistrations: number
  /** Agents with metadata that expand, in the store when it starts. */
  readonly richRestart: number
  /** Requests whose connection is closed before they are answered. */
  readonly abandonedQueries: number
  /** Changes in a history that is full. */
  readonly history: number
  /** Clients that ask for the same expensive thing without a pause. */
  readonly clients: number
  /** Streams that read. */
  readonly readers: number
  /** Changes that all of them are sent; a multiple of 5000. */
  readonly readChanges: number
  /** Streams that read nothing. */
  readonly idleReaders: number
  /** Lists that are never read. */
  readonly unreadLists: number
  /** Bodies that are never finished, of 4 MiB each. */
  readonly unfinishedBodies: number
  /** Streams on one connection, by pipelining. */
  readonly pipelinedStreams: number
  /** Streams on a connection each. */
  readonly streams: number
  /** Changes of the status of one agent. */
  readonly flips: number
  /** Seconds that a database keeps everyone waiting. */
  readonly waitSeconds: number
}

/**
 * Sizes by name; everything that differs between them is here. `check` is for tests, which judge no time;
 * `small` shows in seconds what an attack does; the figures are those of `full`.
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
    waitSeconds: 20,
  },
}

/** Returns the size of a name. */
export function sizeOf(name: string): Size {
  const size = SIZES[name]
  if (size === undefined) throw new Error(`there is no size ${name}`)
  return size
}

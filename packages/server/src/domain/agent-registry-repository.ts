import type { SlicedWork } from '../scheduling/time-slices.ts'
import type { AgentRecord } from './agent-record.ts'
import type { AgentRegistration } from './agent-registration.ts'
import type { EventBus } from './event-bus.ts'
import type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from './heartbeat.ts'
import type { LoadListener, LoadSubscription } from './load-subscription.ts'
import type { AgentQuery } from './query/agent-query.ts'
import type { RegistryError } from './registry-error.ts'
import type { StatusCounts } from './status-counts.ts'
import type { Transition } from './transition.ts'

/**
 * Where agents are kept. Every back-end behaves the same to the caller, whatever it keeps them
 * in; the conformance suite in `@rollcall/server/testing` is this contract as tests, and a
 * back-end of your own is right when it passes.
 *
 * - Each method is atomic for each agent, and what one caller was told, every later call sees.
 * - What was acknowledged is durable to the degree that {@link StorageCapabilities} says.
 * - Liveness is judged by the clock of the store at the moment of the call: a lease past its
 *   deadline is never shown as alive, whether it was swept or not.
 * - Every method can throw `STORAGE_UNAVAILABLE` or `OVERLOADED` (try again later; nothing was
 *   changed), one that changes something `OUTCOME_UNKNOWN` (it was changed, or not; the call may be
 *   repeated) and, after {@link close}, `CLOSED`. "No such agent" is an answer, never an error.
 */
export interface AgentRegistryRepository extends EventBus, AsyncDisposable {
  /** How this store differs from others. */
  readonly capabilities: StorageCapabilities

  /**
   * Registers an agent, or replaces what it said before. Idempotent: `registeredAtMs` stays, the
   * lease is renewed, and there is no transition when nothing visible changed.
   *
   * @throws RegistryError `INVALID_REGISTRATION`
   */
  add(registration: AgentRegistration): Promise<AgentRecord>

  /** One agent, dead or alive. */
  get(agentId: string): Promise<AgentRecord | undefined>

  /**
   * The agents that a query asks for, in its order, in pages of any size. An agent that is there
   * and the same throughout is given exactly once, whatever else changes meanwhile; also over
   * several calls, when each goes on behind the last agent of the one before. A store may give
   * the same page object again while nothing in it has changed; callers must not change it.
   */
  listAll(query?: AgentQuery, options?: ReadOptions): AsyncIterable<readonly AgentRecord[]>

  /** Renews a lease. Undefined: there is no such agent, it must register again. */
  updateHeartbeat(agentId: string, report?: HeartbeatReport): Promise<HeartbeatReceipt | undefined>

  /**
   * Renews many leases; ids that are twice in the batch beat twice, in order. What lies between two
   * heartbeats of one agent cannot be seen: a batch makes at most one transition for each that is
   * alive.
   */
  updateHeartbeats(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome>

  /** Deregisters an agent, dead or alive. False: there was none. */
  delete(agentId: string): Promise<boolean>

  /**
   * The sweep: marks leases past their deadline as expired, with a transition each. The cost
   * follows what is due, not how many there are.
   *
   * @returns how many it expired, and whether more are due
   */
  expireLapsed(options?: SweepOptions): Promise<{ expired: number; more: boolean }>

  /** The cleanup: removes all expired agents, with a transition each. Returns how many. */
  deleteExpired(): Promise<number>

  /**
   * Transitions after a revision, oldest first.
   *
   * @param limit at most so many; default 1000
   * @throws RegistryError `REVISION_GONE` when the history no longer reaches back so far, or not
   *   so far forward
   */
  eventsSince(
    revision: number,
    limit?: number,
    options?: ReadOptions,
  ): Promise<readonly Transition[]>

  /** The newest transitions of one agent, oldest first; also when it is gone. */
  historyOf(agentId: string, options?: HistoryOptions): Promise<readonly Transition[]>

  /**
   * Calls a listener with the loads that agents report from now on, until the subscription ends. A
   * store may leave this out: then loads reach streams only with transitions.
   */
  followLoads?(listener: LoadListener): LoadSubscription

  /**
   * Lets all leases stand still for so many milliseconds from now on, because heartbeats may not be
   * heard here. Where other servers use the store as well, leases stand still when that is so on all
   * of them, for more than a second.
   */
  holdLeases?(ms: number): void

  /** How many agents there are and how many are alive, and where the history stands. */
  counts(): Promise<RegistryCounts>

  /**
   * Returns the revision of the last transition that this process has heard of, without asking the
   * store for it: for answers to heartbeats, which wait for no read. A store may leave this out where
   * {@link counts} waits for nothing.
   */
  heardRevision?(): number

  /** How many agents there are, by the status that reads show. Does not look at every agent. */
  countByStatus(): Promise<StatusCounts>

  /** Figures of the work done since the store was opened. */
  statistics(): StorageStatistics

  /** Resolves when the store can take writes; rejects with the reason when it cannot. */
  checkWritable(): Promise<void>

  /**
   * Why the store cannot be written again in this process, whatever happens; undefined: it can. Then
   * only a restart helps. A store may leave this out.
   */
  readonly lost?: RegistryError | undefined

  /** Writes down what is still on its way and lets go of everything. Twice is fine. */
  close(): Promise<void>
}

/** What callers may need to know of a store, beyond what all have in common. */
export interface StorageCapabilities {
  /** For logs and health: `memory`, `sqlite`, … */
  readonly name: string
  /** Acknowledged registrations and transitions outlive the process. */
  readonly durable: boolean
  /** Several servers may use the same store at once. */
  readonly shared: boolean
  /** Connections that it may open while it is used; default 0. */
  readonly connections?: number
}

/** What a store has done since it was opened. */
export interface StorageStatistics {
  /** Group commits of transitions. */
  readonly commits: number
  /** Writes that failed. */
  readonly failures: number
  /** Heartbeats written behind. */
  readonly savedHeartbeats: number
  /** Heartbeats that wait to be written. */
  readonly unsavedHeartbeats: number
  /** Changes that were not recorded, because their agent changes too often, and a newer one was. */
  readonly coalescedChanges?: number
  /** Milliseconds by which all leases were extended, because nobody was listening. */
  readonly stalledMs: number
  /** Agents that queries do not find by an index yet, some seconds after a large store was opened. */
  readonly unindexedAgents: number
  /** Bytes of the write-ahead log as it was last seen; undefined: the store has none of its own. */
  readonly walBytes?: number | undefined
  /** Of a store that is a database elsewhere. */
  readonly connections?: ConnectionStats | undefined
}

/** What a store does with its connections to a database. */
export interface ConnectionStats {
  /** Connections that run a statement. */
  readonly used: number
  /** Statements that wait for a connection. */
  readonly waiting: number
  /** Statements that were cancelled since the store was opened: too slow, or abandoned by their caller. */
  readonly cancelled: number
}

/** How a read goes about its work. */
export interface ReadOptions {
  /**
   * Ends the read when it is aborted, as its result is not needed any more. The read then rejects with the
   * reason of the signal; a store may take a moment to notice.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Takes turns with other work of the caller, who begins it (with the signal, if there is one) and ends
   * it. Default: the reads of the store take turns with each other. A store whose reads do not hold up
   * the event loop has no use for it.
   */
  readonly work?: SlicedWork | undefined
}

/** Which part of a history is wanted. */
export interface HistoryOptions extends ReadOptions {
  /** At most so many; default 100. */
  readonly limit?: number | undefined
  /** Only those before this revision: where an earlier answer began. */
  readonly before?: number | undefined
}

/** How a sweep goes about its work. */
export interface SweepOptions {
  /** How many leases to expire, at the most; default 250. */
  readonly limit?: number | undefined
  /**
   * Milliseconds until the caller means to sweep again. When that is then late by more than a store
   * forgives (a quarter of a second, or a second where many nodes share it), the registry was not
   * listening, and every lease is extended by the delay. Infinity: do not wait for another. Default:
   * what was said before.
   */
  readonly nextSweepMs?: number | undefined
}

/** What a batch of heartbeats achieved. */
export interface HeartbeatsOutcome {
  /** How many leases were renewed. */
  readonly ok: number
  /** Ids of agents that must register again. */
  readonly unknown: readonly string[]
}

/** How full the store is, and how far its history has come. */
export interface RegistryCounts {
  /** Records, dead or alive. */
  readonly registered: number
  /** Of these, those whose lease runs. */
  readonly alive: number
  /** Of the last transition. */
  readonly revision: number
  /** Names the history that revisions count; a new one means that old revisions say nothing. */
  readonly epoch: string
  /** Some lease has lapsed that no transition tells of yet. */
  readonly lapsePending: boolean
}

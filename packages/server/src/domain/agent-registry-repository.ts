import type { SlicedWork } from '../scheduling/time-slices.ts'
import type { AgentCard } from './agent-card.ts'
import type { AgentRecord } from './agent-record.ts'
import type { AgentRegistration } from './agent-registration.ts'
import type { Caller } from './caller.ts'
import type { CapabilityCounts } from './capability-counts.ts'
import type { ChangeCondition } from './change-condition.ts'
import type { EventBus } from './event-bus.ts'
import type { BrakeState } from './expiry-brake.ts'
import type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from './heartbeat.ts'
import type { HistoryPosition } from './history-position.ts'
import type { LoadListener, LoadSubscription } from './load-subscription.ts'
import type { MaintenanceDecision, MaintenanceEntry } from './maintenance.ts'
import type { OwnerCounts } from './owner-counts.ts'
import type { AgentQuery } from './query/agent-query.ts'
import type { RegistryError } from './registry-error.ts'
import type { StatusCounts } from './status-counts.ts'
import type { StorageStatistics } from './storage-statistics.ts'
import type { Transition } from './transition.ts'

/**
 * Stores agents. Every back-end behaves the same to the caller, regardless of the storage; the
 * conformance suite in `@rollcall/server/testing` expresses this contract as tests, and a custom
 * back-end is correct when it passes.
 *
 * - Each method is atomic per agent, and every later call sees what an earlier call returned.
 * - What was acknowledged is durable to the degree that {@link StorageCapabilities} states.
 * - Liveness is judged by the clock of the store at the moment of the call: a lease past its
 *   deadline is never shown as alive, whether or not the sweep has processed it.
 * - Every method can throw `STORAGE_UNAVAILABLE` or `OVERLOADED` (nothing was changed; retry
 *   later). A method that changes something can also throw `OUTCOME_UNKNOWN` (the change may or may
 *   not have been made; the call may be repeated). After {@link close}, every method throws `CLOSED`.
 *   An unknown agent is a regular result, never an error.
 */
export interface AgentRegistryRepository extends EventBus, AsyncDisposable {
  /** The properties in which stores differ. */
  readonly capabilities: StorageCapabilities

  /**
   * Registers an agent, or replaces its registration. Idempotent: `registeredAtMs` is kept, the lease
   * is renewed, and no transition is created when nothing visible changed.
   *
   * @param caller who registers it, and owns a new agent, or one that has no owner. Default: the application itself,
   *   which owns none, and may change all
   * @throws RegistryError `INVALID_REGISTRATION`, or `AGENT_OWNED` when the agent belongs to another principal
   */
  add(registration: AgentRegistration, caller?: Caller): Promise<AgentRecord>

  /** Returns one agent, dead or alive, or undefined if it is unknown. */
  get(agentId: string): Promise<AgentRecord | undefined>

  /**
   * Lists the agents that match a query, in its order, in pages of any size. An agent that exists
   * and does not change throughout is listed exactly once, whatever else changes meanwhile. This
   * also holds across several calls when each continues after the last agent of the previous one. A
   * store may return the same page object again while its content is unchanged; callers must not
   * modify it.
   */
  listAll(query?: AgentQuery, options?: ReadOptions): AsyncIterable<readonly AgentRecord[]>

  /**
   * Renews a lease. Returns undefined if the agent is unknown and must register again.
   *
   * @throws RegistryError `AGENT_OWNED`, `SUPERSEDED` or `PRECONDITION_FAILED` when a condition in the report is not
   *   met: then nothing was changed
   */
  updateHeartbeat(agentId: string, report?: HeartbeatReport): Promise<HeartbeatReceipt | undefined>

  /**
   * Renews many leases. An id that occurs twice in the batch counts as two heartbeats, in order. The
   * state between two heartbeats of one agent is not visible: a batch creates at most one transition
   * for each live agent.
   */
  updateHeartbeats(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome>

  /**
   * Replaces or removes the card of an agent, dead or alive; renews no lease. Idempotent. Returns the agent, or
   * undefined if it is unknown. A card is removed with its agent.
   *
   * @param card null: removes it
   * @throws RegistryError `INVALID_REGISTRATION`, or `AGENT_OWNED`, `SUPERSEDED` or `PRECONDITION_FAILED` when the
   *   condition is not met
   */
  setCard(
    agentId: string,
    card: AgentCard | null,
    condition?: ChangeCondition,
  ): Promise<AgentRecord | undefined>

  /** Returns the text of the card of an agent, dead or alive, as it was sent; undefined if there is none. */
  card(agentId: string, options?: ReadOptions): Promise<string | undefined>

  /**
   * Deregisters an agent, dead or alive. Returns false if it is unknown.
   *
   * @throws RegistryError `AGENT_OWNED`, `SUPERSEDED` or `PRECONDITION_FAILED` when the condition is not met
   */
  delete(agentId: string, condition?: ChangeCondition): Promise<boolean>

  /**
   * Puts an agent into maintenance, or all whose ids begin the same, those that register later included: it is
   * shown as draining whatever it reports, until {@link endMaintenance}. This outlives the agents. The entry of
   * the agent itself comes before that of a prefix, and a longer prefix before a shorter one. Idempotent: setting
   * an entry again replaces its reason and operator. Creates one transition for each agent whose maintenance
   * changes, in batches.
   *
   * @param pattern an agent id, or the beginning of ids followed by `*`
   * @param caller who asks for it; default: the application itself
   * @returns the entry
   * @throws RegistryError `OUTCOME_UNKNOWN` also when the entry is stored, but some agents do not show it yet;
   *   the sweep continues with them
   */
  setMaintenance(
    pattern: string,
    decision: MaintenanceDecision,
    caller?: Caller,
  ): Promise<MaintenanceEntry>

  /**
   * Ends the maintenance that was set for a pattern; other entries remain in force. Returns false if there is none.
   *
   * @throws RegistryError as {@link setMaintenance}
   */
  endMaintenance(pattern: string, caller?: Caller): Promise<boolean>

  /** Returns all entries, sorted by pattern. */
  maintenance(): Promise<readonly MaintenanceEntry[]>

  /**
   * Runs the sweep: marks leases past their deadline as expired, with one transition each. The cost
   * depends on the number of leases that are due, not on the total. When most of the fleet comes due at
   * once, leases become suspect instead, and are alive until another deadline. Also completes changes of
   * maintenance that were interrupted.
   */
  expireLapsed(options?: SweepOptions): Promise<SweepResult>

  /**
   * Runs the cleanup: removes all expired agents, with one transition each. Returns the number of
   * removed agents.
   *
   * @param caller who asks for it; default: the registry itself
   */
  deleteExpired(caller?: Caller): Promise<number>

  /**
   * Returns the transitions after a revision, oldest first.
   *
   * @param limit maximum number of transitions; default 1000
   * @throws RegistryError `REVISION_GONE` when the revision is older than the history, or newer than
   *   its end
   */
  eventsSince(
    revision: number,
    limit?: number,
    options?: ReadOptions,
  ): Promise<readonly Transition[]>

  /** Returns the newest transitions of one agent, oldest first, even if it was removed. */
  historyOf(agentId: string, options?: HistoryOptions): Promise<readonly Transition[]>

  /**
   * Calls a listener with the loads that agents report from now on, until the subscription ends.
   * Optional for a store: without it, loads reach streams only with transitions.
   */
  followLoads?(listener: LoadListener): LoadSubscription

  /**
   * Suspends all leases for a number of milliseconds from now on, because heartbeats may not reach
   * this server. When several servers share the store, leases are suspended only if this holds on all
   * of them for more than a second.
   */
  suspendLeases?(ms: number): void

  /** Returns how many agents exist, how many are alive, and the current position of the history. */
  counts(): Promise<RegistryCounts>

  /**
   * Returns the revision of the last transition that this process has observed, without a read: the
   * response to a heartbeat must not wait for one. Optional for a store whose {@link counts} never
   * waits.
   */
  observedRevision?(): number

  /** Counts agents by the status that reads show, without visiting every agent. */
  countByStatus(): Promise<StatusCounts>

  /**
   * Counts all agents by owner, as they were at one moment. Visits every agent, so callers that need the counts
   * again follow the transitions after their revision instead.
   */
  countByOwner(): Promise<OwnerCounts>

  /**
   * Counts agents by what they can do and by the status that reads show. The first call may visit every agent; later
   * ones cost as much as what has changed since, and as what is due. The result may continue to change.
   */
  countByCapability(): Promise<CapabilityCounts>

  /** Returns statistics of the work done since the store was opened. */
  statistics(): StorageStatistics

  /**
   * Resolves if the store accepts writes, and its subscribers receive what other nodes write; rejects with the
   * reason if not.
   */
  checkWritable(): Promise<void>

  /**
   * The reason why this process can never write to the store again, so that only a restart helps;
   * undefined while it can. Optional for a store.
   */
  readonly lost?: RegistryError | undefined

  /** Writes everything that is still in flight and releases all resources. Idempotent. */
  close(): Promise<void>
}

/** The properties of a store that callers may need to know. */
export interface StorageCapabilities {
  /** The name in logs and health checks: `memory`, `sqlite`, … */
  readonly name: string
  /** Whether acknowledged registrations and transitions survive the process. */
  readonly durable: boolean
  /** Whether several servers may use the same store at once. */
  readonly shared: boolean
  /** Maximum number of connections that it opens; default 0. */
  readonly connections?: number
}

/** Options of a read. */
export interface ReadOptions {
  /**
   * Ends the read when aborted, because its result is no longer needed. The read then rejects with
   * the reason of the signal; a store may take a moment to notice.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Shares time slices with other work of the caller, who begins it (with the signal, if there is
   * one) and ends it. Default: the reads of the store share time slices with each other. A store whose
   * reads do not block the event loop ignores it.
   */
  readonly work?: SlicedWork | undefined
}

/** Selects a part of a history. */
export interface HistoryOptions extends ReadOptions {
  /** Maximum number of transitions; default 100. */
  readonly limit?: number | undefined
  /** Only transitions before this revision: the first one of an earlier page. */
  readonly before?: number | undefined
}

/** Options of a sweep. */
export interface SweepOptions {
  /** Maximum number of leases to expire; default 250. */
  readonly limit?: number | undefined
  /**
   * Milliseconds until the caller intends to sweep again. If the next sweep is late by more than the
   * tolerance of the store (a quarter of a second, or a second if several nodes share it), the
   * registry was not listening, and every lease is extended by the delay. Infinity: no further sweep
   * is expected. Default: the previous value.
   */
  readonly nextSweepMs?: number | undefined
}

/** The result of a sweep. */
export interface SweepResult {
  /** How many leases expired. */
  readonly expired: number
  /** Whether more are due. */
  readonly more: boolean
  /** The brake on mass expiry after it; undefined: it is off. */
  readonly brake?: BrakeState | undefined
}

/** The result of a batch of heartbeats. */
export interface HeartbeatsOutcome {
  /** How many leases were renewed. */
  readonly ok: number
  /** Ids of agents that must register again. */
  readonly unknown: readonly string[]
  /** Ids of agents whose heartbeat came from an instance that is not the current one. Default: none. */
  readonly superseded?: readonly string[] | undefined
  /** Ids of agents that belong to another principal than the caller. Default: none. */
  readonly owned?: readonly string[] | undefined
}

/** The number of agents, and the current position of the history. */
export interface RegistryCounts extends HistoryPosition {
  /** Agents, dead or alive. */
  readonly registered: number
  /** Agents whose lease is running. */
  readonly alive: number
  /** Whether some lease is past its deadline whose expiry is not yet recorded. */
  readonly lapsePending: boolean
  /** The brake on mass expiry; undefined: it is off. */
  readonly brake?: BrakeState | undefined
}

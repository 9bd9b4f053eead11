import { requiredOwner } from '../../../domain/caller.ts'
import type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from '../../../domain/heartbeat.ts'
import { isRegistryError } from '../../../domain/registry-error.ts'
import { EndOfTurn } from '../../../scheduling/end-of-turn.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import { isLockTimeout, partiallyRenewed } from '../connections/errors.ts'
import type { MomentRow } from '../nodes/database-time.ts'
import {
  failAll,
  type HeartbeatGroup,
  HeartbeatGroups,
  type Renewed,
  settleAll,
  type WaitingHeartbeat,
} from './heartbeat-groups.ts'
import type { LoadExchange } from './load-exchange.ts'

/** Statements in flight at once: the next is sent while one is being completed. */
const IN_FLIGHT_LIMIT = 2

/** Milliseconds for which locked agents are skipped immediately after a lock timeout. */
const SKIP_LOCKED_MS = 1000
const BEAT = { name: 'beat', text: 'SELECT * FROM rollcall.beat($1, $2, $3, $4, $5, $6)' }
/** As {@link BEAT}, but skips agents that another session has locked. */
const BEAT_SKIP_LOCKED = {
  name: 'beat_unlocked',
  text: 'SELECT * FROM rollcall.beat_unlocked($1, $2, $3, $4, $5, $6)',
}

interface BeatRow extends Required<MomentRow> {
  /** Comma-separated positions of the renewed heartbeats, counted from 1. */
  readonly places: string | null
  readonly ttls: string | null
  readonly revisions: string | null
}

/**
 * Writes plain heartbeats, which change nothing visible. All that wait share one statement, and are
 * acknowledged after its commit.
 */
export class HeartbeatWriter {
  readonly #database: PostgresDatabase
  readonly #groups = new HeartbeatGroups()
  /** The agents of the statements in flight. */
  readonly #inFlightAgents = new Set<string>()
  #inFlight = 0
  /** Heartbeats that arrive in one turn of the event loop share a group. */
  readonly #sending = new EndOfTurn(() => this.#sendGroups())
  #saved = 0
  /** Monotonic time until which locked agents are skipped. */
  #skipLockedUntil = 0
  #drained: (() => void)[] = []

  readonly #isPending: (agentId: string, report: HeartbeatReport) => boolean
  readonly #loads: Pick<LoadExchange, 'isFollowed' | 'report'>

  /**
   * @param options.isPending returns whether a change of the agent is in flight that must come before the
   *   report
   */
  constructor(options: {
    database: PostgresDatabase
    isPending: (agentId: string, report: HeartbeatReport) => boolean
    loads: Pick<LoadExchange, 'isFollowed' | 'report'>
  }) {
    this.#database = options.database
    this.#isPending = options.isPending
    this.#loads = options.loads
  }

  /** Number of heartbeats written. */
  get saved(): number {
    return this.#saved
  }

  /** Number of waiting heartbeats. */
  get waiting(): number {
    return this.#groups.size
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && this.#groups.isEmpty
  }

  /** Resolves when nothing is waiting or in flight. */
  drain(): Promise<void> {
    if (this.isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /**
   * Renews the lease of an agent. Resolves with undefined if the heartbeat causes a transition, or the
   * agent is unknown.
   *
   * @throws RegistryError `OUTCOME_UNKNOWN` when the lease may have been renewed; any other error means
   *   that it was not
   */
  renew(heartbeat: Heartbeat): Promise<HeartbeatReceipt | undefined> {
    this.#groups.requireCapacity()
    const { promise, resolve, reject } = Promise.withResolvers<HeartbeatReceipt | undefined>()
    const settle = (_: number, renewed: Renewed | undefined) =>
      resolve(renewed && receiptOf(renewed))
    this.#add(heartbeat, { report: heartbeat, caller: { settle, fail: reject }, index: 0 })
    return promise
  }

  /**
   * Renews the leases of several agents. Resolves with the heartbeats, in order, that cause transitions or
   * whose agents are unknown.
   *
   * @throws RegistryError as {@link renew}; `OUTCOME_UNKNOWN` also when some were renewed
   */
  async renewAll(heartbeats: readonly Heartbeat[]): Promise<Heartbeat[]> {
    if (heartbeats.length === 0) return []
    this.#groups.requireCapacity()
    const { promise, resolve, reject } = Promise.withResolvers<Heartbeat[]>()
    const repeated = repeatedIn(heartbeats)
    const isUnrenewed = new Array<boolean>(heartbeats.length).fill(true)
    let left = heartbeats.length
    let failure: { readonly error: unknown } | undefined
    // Waits for all of them: the outcome includes leases that were renewed meanwhile.
    const settleOne = (): void => {
      if (--left > 0) return
      if (failure === undefined) resolve(heartbeats.filter((_, at) => isUnrenewed[at]))
      else reject(isUnrenewed.includes(false) ? partiallyRenewed(failure.error) : failure.error)
    }
    const settle = (index: number, renewed: Renewed | undefined): void => {
      isUnrenewed[index] = renewed === undefined
      settleOne()
    }
    const fail = (error: unknown): void => {
      failure = {
        error: isRegistryError(failure?.error, 'OUTCOME_UNKNOWN') ? failure.error : error,
      }
      settleOne()
    }
    for (const [index, heartbeat] of heartbeats.entries()) {
      // The heartbeats of one agent stay in order, and some of them may cause a transition.
      if (repeated.has(heartbeat.agentId)) settle(index, undefined)
      else this.#add(heartbeat, { report: heartbeat, caller: { settle, fail }, index })
    }
    return promise
  }

  #add({ agentId }: Heartbeat, waiting: WaitingHeartbeat): void {
    if (this.#groups.accepts(agentId, waiting)) {
      this.#groups.add(agentId, waiting)
      this.#schedule()
    } else {
      settleAll(waiting, undefined)
    }
  }

  #schedule(): void {
    if (this.#inFlight < IN_FLIGHT_LIMIT) this.#sending.schedule()
  }

  #sendGroups(): void {
    while (this.#inFlight < IN_FLIGHT_LIMIT) {
      const group = this.#groups.shift()
      if (group === undefined) return
      const ready = this.#readyIn(group)
      if (ready.size > 0) void this.#send(ready)
      // The rest waits until a statement has ended.
      if (group.heartbeats.size > 0) return void this.#groups.unshift(group)
    }
  }

  /** Removes and returns the heartbeats of a group whose agents have no statement in flight. */
  #readyIn(group: HeartbeatGroup): Map<string, WaitingHeartbeat> {
    const ready = new Map<string, WaitingHeartbeat>()
    for (const [agentId, waiting] of group.heartbeats) {
      if (this.#inFlightAgents.has(agentId)) continue
      this.#groups.remove(group, agentId)
      if (this.#isPending(agentId, waiting.report)) settleAll(waiting, undefined)
      else ready.set(agentId, waiting)
    }
    return ready
  }

  async #send(group: Map<string, WaitingHeartbeat>): Promise<void> {
    this.#inFlight++
    for (const agentId of group.keys()) this.#inFlightAgents.add(agentId)
    try {
      await this.#renewGroup(group)
    } catch (error) {
      for (const waiting of group.values()) failAll(waiting, error)
    } finally {
      this.#inFlight--
      for (const agentId of group.keys()) this.#inFlightAgents.delete(agentId)
      if (!this.#groups.isEmpty) this.#schedule()
      else if (this.isIdle) for (const resolve of this.#drained.splice(0)) resolve()
    }
  }

  async #renewGroup(group: ReadonlyMap<string, WaitingHeartbeat>): Promise<void> {
    // Sorted, so that two nodes never deadlock.
    const ids = [...group.keys()].sort()
    const waiting = ids.map((agentId) => group.get(agentId) as WaitingHeartbeat)
    const isPlain = waiting.every(
      ({ report }) => report.load === undefined && report.status === undefined,
    )
    const hasInstances = waiting.some(({ report }) => report.instanceId !== undefined)
    const hasOwners = waiting.some(({ report }) => requiredOwner(report.caller) !== null)
    const { row, moment } = await this.#execute([
      ids,
      isPlain ? null : waiting.map(({ report }) => report.load ?? null),
      isPlain ? null : waiting.map(({ report }) => report.status ?? null),
      hasInstances ? waiting.map(({ report }) => report.instanceId ?? null) : null,
      hasOwners ? waiting.map(({ report }) => requiredOwner(report.caller)) : null,
    ])
    const renewed = new Array<Renewed | undefined>(ids.length)
    const ttls = numbersIn(row.ttls)
    const revisions = numbersIn(row.revisions)
    for (const [at, place] of numbersIn(row.places).entries()) {
      const [ttlSeconds = 0, revision = 0] = [ttls[at], revisions[at]]
      renewed[place - 1] = { atMs: moment.wall, ttlSeconds, revision }
      this.#saved++
    }
    if (!isPlain && this.#loads.isFollowed) {
      for (const [at, { report }] of waiting.entries()) {
        if (report.load === undefined || renewed[at] === undefined) continue
        this.#loads.report(ids[at] as string, report.load, moment.wall)
      }
    }
    for (const [at, heartbeat] of waiting.entries()) settleAll(heartbeat, renewed[at])
  }

  /**
   * Runs the statement. An agent locked by another session must not delay the others: after a lock timeout
   * they are renewed without it, and it is written as a transition, where the wait has its own limit.
   */
  async #execute(values: readonly unknown[]) {
    const options = { lane: 'heartbeats', isWrite: true } as const
    if (performance.now() >= this.#skipLockedUntil) {
      try {
        return await this.#database.queryWithClock<BeatRow>(BEAT, values, options)
      } catch (error) {
        if (!isLockTimeout(error)) throw error
        this.#skipLockedUntil = performance.now() + SKIP_LOCKED_MS
      }
    }
    return this.#database.queryWithClock<BeatRow>(BEAT_SKIP_LOCKED, values, options)
  }
}

function receiptOf({ atMs, ttlSeconds, revision }: Renewed): HeartbeatReceipt {
  return { lastHeartbeatMs: atMs, expiresAtMs: atMs + ttlSeconds * 1000, ttlSeconds, revision }
}

/** Returns the ids of agents with more than one heartbeat. */
function repeatedIn(heartbeats: readonly Heartbeat[]): Set<string> {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const { agentId } of heartbeats) (seen.has(agentId) ? repeated : seen).add(agentId)
  return repeated
}

function numbersIn(text: string | null): number[] {
  return text === null ? [] : text.split(',').map(Number)
}

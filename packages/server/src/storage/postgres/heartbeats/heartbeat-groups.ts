import { isSameCaller } from '../../../domain/caller.ts'
import type { HeartbeatReport } from '../../../domain/heartbeat.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'

/** Most heartbeats per statement. */
const GROUP_LIMIT = 2000
/** Milliseconds between two checks for heartbeats that have waited too long. */
const CHECK_INTERVAL_MS = 500

/** A lease renewed by a heartbeat. */
export interface Renewed {
  /** Unix time in milliseconds. */
  readonly atMs: number
  readonly ttlSeconds: number
  readonly revision: number
}

/** A caller that waits for the outcome of one or more heartbeats: thousands, in a batch. */
interface HeartbeatCaller {
  /** @param renewed undefined: the heartbeat causes a transition, or the agent is unknown */
  settle(index: number, renewed: Renewed | undefined): void
  fail(error: unknown): void
}

/** A waiting heartbeat. */
export interface WaitingHeartbeat {
  readonly report: HeartbeatReport
  readonly caller: HeartbeatCaller
  /** Its index among the heartbeats of the caller. */
  readonly index: number
  /** The previous one of the same agent, which has the same outcome. */
  readonly earlier?: WaitingHeartbeat | undefined
}

/** Heartbeats of different agents that share a statement, by agent id. */
export interface HeartbeatGroup {
  /** Monotonic time at which the first of them arrived. */
  readonly since: number
  readonly heartbeats: Map<string, WaitingHeartbeat>
}

/** Queues heartbeats for statements, in groups, and limits their number and waiting time. */
export class HeartbeatGroups {
  #groups: HeartbeatGroup[] = []
  #size = 0
  #checkTimer: NodeJS.Timeout | undefined

  /** Number of waiting heartbeats, including those in a shifted group until they are removed from it. */
  get size(): number {
    return this.#size
  }

  get isEmpty(): boolean {
    return this.#groups.length === 0
  }

  /** Checks the queue limit. @throws RegistryError `OVERLOADED` when too many heartbeats wait */
  requireCapacity(): void {
    if (this.#size < SERVER_LIMITS.postgresWaitingHeartbeats.value) return
    throw new RegistryError('OVERLOADED', `${this.#size} heartbeats are already waiting`)
  }

  /** Whether a heartbeat can share a statement: not with one of the same agent by another instance or principal. */
  accepts(agentId: string, { report }: WaitingHeartbeat): boolean {
    const earlier = this.#groupOf(agentId)?.heartbeats.get(agentId)
    if (earlier === undefined) return true
    const { instanceId, caller } = earlier.report
    return instanceId === report.instanceId && isSameCaller(caller, report.caller)
  }

  /** Adds a heartbeat. It is merged with waiting ones of the same agent; the newest values win. */
  add(agentId: string, heartbeat: WaitingHeartbeat): void {
    this.#size++
    const { heartbeats } = this.#groupFor(agentId)
    const earlier = heartbeats.get(agentId)
    heartbeats.set(agentId, earlier ? { ...heartbeat, ...merge(earlier, heartbeat) } : heartbeat)
    // Runs until the queue is empty: a timer per heartbeat costs more.
    this.#checkTimer ??= setInterval(() => this.#failOverdue(), CHECK_INTERVAL_MS).unref()
  }

  /** Removes and returns the oldest group. */
  shift(): HeartbeatGroup | undefined {
    return this.#groups.shift()
  }

  /** Removes the heartbeats of an agent from a shifted group; they no longer count as waiting. */
  remove({ heartbeats }: HeartbeatGroup, agentId: string): void {
    for (let removed = heartbeats.get(agentId); removed; removed = removed.earlier) this.#size--
    heartbeats.delete(agentId)
  }

  /** Puts back the rest of a group. */
  unshift(group: HeartbeatGroup): void {
    this.#groups.unshift(group)
  }

  #groupOf(agentId: string): HeartbeatGroup | undefined {
    return this.#groups.find(({ heartbeats }) => heartbeats.has(agentId))
  }

  #groupFor(agentId: string): HeartbeatGroup {
    const known = this.#groupOf(agentId)
    if (known) return known
    const newest = this.#groups.at(-1)
    if (newest && newest.heartbeats.size < GROUP_LIMIT) return newest
    const group = { since: performance.now(), heartbeats: new Map<string, WaitingHeartbeat>() }
    this.#groups.push(group)
    return group
  }

  /** Fails overdue heartbeats: agents retry within seconds, and no caller waits for a later response. */
  #failOverdue(): void {
    if (this.isEmpty) {
      clearInterval(this.#checkTimer)
      this.#checkTimer = undefined
    }
    const waitMs = SERVER_LIMITS.postgresHeartbeatWaitMs.value
    const oldestAllowed = performance.now() - waitMs
    const overdue = this.#groups.filter(({ since }) => since < oldestAllowed)
    if (overdue.length === 0) return
    this.#groups = this.#groups.filter(({ since }) => since >= oldestAllowed)
    const message = `the database has accepted no heartbeats for ${waitMs} ms: this one was not sent`
    const error = new RegistryError('STORAGE_UNAVAILABLE', message)
    for (const group of overdue) {
      for (const [agentId, waiting] of group.heartbeats) {
        this.remove(group, agentId)
        failAll(waiting, error)
      }
    }
  }
}

/** Settles a heartbeat for all callers that wait for it, oldest first. */
export function settleAll(waiting: WaitingHeartbeat, renewed: Renewed | undefined): void {
  // The usual case: without allocating an array.
  if (waiting.earlier === undefined) waiting.caller.settle(waiting.index, renewed)
  else for (const { caller, index } of oldestFirst(waiting)) caller.settle(index, renewed)
}

/** Fails a heartbeat for all callers that wait for it, oldest first. */
export function failAll(waiting: WaitingHeartbeat, error: unknown): void {
  for (const { caller } of oldestFirst(waiting)) caller.fail(error)
}

function merge(earlier: WaitingHeartbeat, { report }: WaitingHeartbeat) {
  const { status = earlier.report.status, load = earlier.report.load } = report
  return { report: { ...report, status, load }, earlier }
}

function oldestFirst(newest: WaitingHeartbeat): readonly WaitingHeartbeat[] {
  const all: WaitingHeartbeat[] = []
  for (let waiting: WaitingHeartbeat | undefined = newest; waiting; waiting = waiting.earlier)
    all.push(waiting)
  return all.reverse()
}

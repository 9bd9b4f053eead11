import type { HeartbeatReport } from '../../../domain/heartbeat.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'

/** Heartbeats that go into one statement, at the most. */
const GROUP_LIMIT = 2000
/** Milliseconds between two looks for heartbeats that have waited too long. */
const LOOK_MS = 500

/** What came of a heartbeat. */
export interface Renewed {
  /** Unix time in milliseconds. */
  readonly atMs: number
  readonly ttlSeconds: number
  readonly revision: number
}

/** Somebody who waits for the answers to some heartbeats: thousands, in a batch. */
interface HeartbeatCaller {
  /** @param renewed undefined: the heartbeat makes a transition, or there is no such agent */
  settle(index: number, renewed: Renewed | undefined): void
  fail(error: unknown): void
}

/** A heartbeat on its way. */
export interface WaitingHeartbeat {
  readonly report: HeartbeatReport
  readonly caller: HeartbeatCaller
  /** Which of the caller's it is. */
  readonly index: number
  /** The one of the same agent before it, which has the same outcome. */
  readonly earlier?: WaitingHeartbeat | undefined
}

/** Heartbeats that go together, each of another agent, by the id of that. */
export interface HeartbeatGroup {
  /** When the first of them came, by the monotonic clock. */
  readonly since: number
  readonly heartbeats: Map<string, WaitingHeartbeat>
}

/** Heartbeats that wait for a statement, in groups: not too many, and not for too long. */
export class HeartbeatGroups {
  #groups: HeartbeatGroup[] = []
  #size = 0
  #look: NodeJS.Timeout | undefined

  /** Heartbeats that wait; those in a group that was taken, until they are removed from it. */
  get size(): number {
    return this.#size
  }

  get isEmpty(): boolean {
    return this.#groups.length === 0
  }

  /** @throws RegistryError `OVERLOADED` when too many wait */
  requireRoom(): void {
    if (this.#size < SERVER_LIMITS.postgresWaitingHeartbeats.value) return
    throw new RegistryError('OVERLOADED', `${this.#size} heartbeats wait already`)
  }

  /** Adds one. It makes one heartbeat with those of its agent that wait, which reports the newest. */
  add(agentId: string, heartbeat: WaitingHeartbeat): void {
    this.#size++
    const { heartbeats } = this.#groupFor(agentId)
    const earlier = heartbeats.get(agentId)
    heartbeats.set(agentId, earlier ? { ...heartbeat, ...joined(earlier, heartbeat) } : heartbeat)
    // Goes on until it finds none: to begin and end with each of them costs more.
    this.#look ??= setInterval(() => this.#giveUp(), LOOK_MS).unref()
  }

  /** Takes the oldest group. */
  shift(): HeartbeatGroup | undefined {
    return this.#groups.shift()
  }

  /** Removes what waits of an agent from a group that was taken: it waits no more. */
  remove({ heartbeats }: HeartbeatGroup, agentId: string): void {
    for (let gone = heartbeats.get(agentId); gone; gone = gone.earlier) this.#size--
    heartbeats.delete(agentId)
  }

  /** Puts back what is left of a group. */
  unshift(group: HeartbeatGroup): void {
    this.#groups.unshift(group)
  }

  #groupFor(agentId: string): HeartbeatGroup {
    const known = this.#groups.find(({ heartbeats }) => heartbeats.has(agentId))
    if (known) return known
    const newest = this.#groups.at(-1)
    if (newest && newest.heartbeats.size < GROUP_LIMIT) return newest
    const group = { since: performance.now(), heartbeats: new Map<string, WaitingHeartbeat>() }
    this.#groups.push(group)
    return group
  }

  /** An agent tries again within seconds; nobody waits for what is answered after that. */
  #giveUp(): void {
    if (this.isEmpty) {
      clearInterval(this.#look)
      this.#look = undefined
    }
    const waitMs = SERVER_LIMITS.postgresHeartbeatWaitMs.value
    const tooOld = performance.now() - waitMs
    const late = this.#groups.filter(({ since }) => since < tooOld)
    if (late.length === 0) return
    this.#groups = this.#groups.filter(({ since }) => since >= tooOld)
    const message = `the database has taken no heartbeats for ${waitMs} ms: this one was not sent`
    const error = new RegistryError('STORAGE_UNAVAILABLE', message)
    for (const group of late) {
      for (const [agentId, waiting] of group.heartbeats) {
        this.remove(group, agentId)
        failAll(waiting, error)
      }
    }
  }
}

/** Settles a heartbeat for all callers that wait for it, oldest first. */
export function settleAll(waiting: WaitingHeartbeat, renewed: Renewed | undefined): void {
  // As nearly always: without an array for each.
  if (waiting.earlier === undefined) waiting.caller.settle(waiting.index, renewed)
  else for (const { caller, index } of inOrder(waiting)) caller.settle(index, renewed)
}

/** The same of an error. */
export function failAll(waiting: WaitingHeartbeat, error: unknown): void {
  for (const { caller } of inOrder(waiting)) caller.fail(error)
}

function joined(earlier: WaitingHeartbeat, { report }: WaitingHeartbeat) {
  const { status = earlier.report.status, load = earlier.report.load } = report
  return { report: { status, load }, earlier }
}

function inOrder(newest: WaitingHeartbeat): readonly WaitingHeartbeat[] {
  const all: WaitingHeartbeat[] = []
  for (let waiting: WaitingHeartbeat | undefined = newest; waiting; waiting = waiting.earlier)
    all.push(waiting)
  return all.reverse()
}

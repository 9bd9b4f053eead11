import type { HeartbeatReport } from '../../domain/heartbeat.ts'
import { SERVER_LIMITS } from '../../domain/limits.ts'
import { RegistryError } from '../../domain/registry-error.ts'

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
  #look: NodeJS.Timeout | undefined

  get size(): number {
    return this.#groups.reduce((sum, { heartbeats }) => sum + heartbeats.size, 0)
  }

  get isEmpty(): boolean {
    return this.#groups.length === 0
  }

  /** @throws RegistryError `OVERLOADED` when too many wait */
  requireRoom(): void {
    // Below that, nobody need count them.
    const most = SERVER_LIMITS.postgresWaitingHeartbeats.value
    if (this.#groups.length * GROUP_LIMIT < most) return
    const { size } = this
    if (size >= most) throw new RegistryError('OVERLOADED', `${size} heartbeats wait already`)
  }

  /** Adds one; the second heartbeat of an agent waits for the group after. */
  add(agentId: string, heartbeat: WaitingHeartbeat): void {
    this.#groupFor(agentId).heartbeats.set(agentId, heartbeat)
    // Goes on until it finds none: to begin and end with each of them costs more.
    this.#look ??= setInterval(() => this.#giveUp(), LOOK_MS).unref()
  }

  /** Takes the oldest group. */
  shift(): HeartbeatGroup | undefined {
    return this.#groups.shift()
  }

  /** Puts back what is left of a group. */
  unshift(group: HeartbeatGroup): void {
    this.#groups.unshift(group)
  }

  #groupFor(agentId: string): HeartbeatGroup {
    for (const group of this.#groups) {
      const { heartbeats } = group
      if (heartbeats.size < GROUP_LIMIT && !heartbeats.has(agentId)) return group
    }
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
    for (const { heartbeats } of late) {
      for (const { caller } of heartbeats.values()) caller.fail(error)
    }
  }
}

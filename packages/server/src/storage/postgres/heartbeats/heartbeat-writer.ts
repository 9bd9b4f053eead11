import type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from '../../../domain/heartbeat.ts'
import { isRegistryError } from '../../../domain/registry-error.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import { isLockTimeout, partlyDone } from '../connections/errors.ts'
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

/** Statements under way at once: one is answered while the next is on its way. */
const IN_FLIGHT_LIMIT = 2

/** Milliseconds for which locked agents are left out at once, after some were waited for in vain. */
const UNLOCKED_MS = 1000
const BEAT = { name: 'beat', text: 'SELECT * FROM rollcall.beat($1, $2, $3, $4)' }
/** The same, without those agents that somebody has locked. */
const BEAT_UNLOCKED = {
  name: 'beat_unlocked',
  text: 'SELECT * FROM rollcall.beat_unlocked($1, $2, $3, $4)',
}

interface BeatRow extends Required<MomentRow> {
  /** Numbers, joined by commas: of the heartbeats that were renewed, counted from 1. */
  readonly places: string | null
  readonly ttls: string | null
  readonly revisions: string | null
}

/**
 * Heartbeats that change nothing visible. Whatever waits goes into one statement, and is answered
 * after its commit.
 */
export class HeartbeatWriter {
  readonly #database: PostgresDatabase
  readonly #groups = new HeartbeatGroups()
  /** The agents of the statements under way. */
  readonly #underWay = new Set<string>()
  #inFlight = 0
  #scheduled = false
  #saved = 0
  /** Until then, agents that somebody has locked are left out. */
  #unlockedUntil = 0
  #drained: (() => void)[] = []

  readonly #isPending: (agentId: string, report: HeartbeatReport) => boolean
  readonly #loads: Pick<LoadExchange, 'isFollowed' | 'report'>

  /**
   * @param options.isPending whether something of an agent is under way that has to come before what it
   *   reports
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

  /** Heartbeats written so far. */
  get saved(): number {
    return this.#saved
  }

  /** Heartbeats that wait. */
  get waiting(): number {
    return this.#groups.size
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && this.#groups.isEmpty
  }

  /** Resolves when nothing waits and nothing is under way. */
  drain(): Promise<void> {
    if (this.isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /**
   * Undefined: it makes a transition, or there is no such agent.
   *
   * @throws RegistryError `OUTCOME_UNKNOWN` when it may have been renewed; any other error means that
   *   it was not
   */
  beat(heartbeat: Heartbeat): Promise<HeartbeatReceipt | undefined> {
    this.#groups.requireRoom()
    const { promise, resolve, reject } = Promise.withResolvers<HeartbeatReceipt | undefined>()
    const settle = (_: number, renewed: Renewed | undefined) =>
      resolve(renewed && receiptOf(renewed))
    this.#add(heartbeat, { report: heartbeat, caller: { settle, fail: reject }, index: 0 })
    return promise
  }

  /**
   * Resolves with those, in order, that make transitions or whose agents are not there.
   *
   * @throws RegistryError as {@link beat}; `OUTCOME_UNKNOWN` also when some were renewed
   */
  async beatAll(heartbeats: readonly Heartbeat[]): Promise<Heartbeat[]> {
    if (heartbeats.length === 0) return []
    this.#groups.requireRoom()
    const { promise, resolve, reject } = Promise.withResolvers<Heartbeat[]>()
    const twice = repeatedIn(heartbeats)
    const isOther = new Array<boolean>(heartbeats.length).fill(true)
    let left = heartbeats.length
    let failure: { readonly error: unknown } | undefined
    // All of them have to be over: what was renewed meanwhile belongs to the answer.
    const settleOne = (): void => {
      if (--left > 0) return
      if (failure === undefined) resolve(heartbeats.filter((_, at) => isOther[at]))
      else reject(isOther.includes(false) ? partlyDone(failure.error) : failure.error)
    }
    const settle = (index: number, renewed: Renewed | undefined): void => {
      isOther[index] = renewed === undefined
      settleOne()
    }
    const fail = (error: unknown): void => {
      failure = {
        error: isRegistryError(failure?.error, 'OUTCOME_UNKNOWN') ? failure.error : error,
      }
      settleOne()
    }
    for (const [index, heartbeat] of heartbeats.entries()) {
      // The heartbeats of one agent stay in order, and some of them may make a transition.
      if (twice.has(heartbeat.agentId)) settle(index, undefined)
      else this.#add(heartbeat, { report: heartbeat, caller: { settle, fail }, index })
    }
    return promise
  }

  #add({ agentId }: Heartbeat, waiting: WaitingHeartbeat): void {
    this.#groups.add(agentId, waiting)
    this.#schedule()
  }

  /** At the end of this turn, so that whatever arrives in it goes together. */
  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= IN_FLIGHT_LIMIT) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#inFlight < IN_FLIGHT_LIMIT) {
        const group = this.#groups.shift()
        if (group === undefined) return
        const ready = this.#readyIn(group)
        if (ready.size > 0) this.#send(ready)
        // What is left waits for the end of a statement.
        if (group.heartbeats.size > 0) return void this.#groups.unshift(group)
      }
    })
  }

  /** Takes those out of a group whose agents nothing else is under way for. */
  #readyIn(group: HeartbeatGroup): Map<string, WaitingHeartbeat> {
    const ready = new Map<string, WaitingHeartbeat>()
    for (const [agentId, waiting] of group.heartbeats) {
      if (this.#underWay.has(agentId)) continue
      this.#groups.remove(group, agentId)
      if (this.#isPending(agentId, waiting.report)) settleAll(waiting, undefined)
      else ready.set(agentId, waiting)
    }
    return ready
  }

  async #send(group: Map<string, WaitingHeartbeat>): Promise<void> {
    this.#inFlight++
    for (const agentId of group.keys()) this.#underWay.add(agentId)
    try {
      await this.#renew(group)
    } catch (error) {
      for (const waiting of group.values()) failAll(waiting, error)
    } finally {
      this.#inFlight--
      for (const agentId of group.keys()) this.#underWay.delete(agentId)
      if (!this.#groups.isEmpty) this.#schedule()
      else if (this.isIdle) for (const resolve of this.#drained.splice(0)) resolve()
    }
  }

  async #renew(group: ReadonlyMap<string, WaitingHeartbeat>): Promise<void> {
    // In one order everywhere, so that two nodes never wait for each other.
    const ids = [...group.keys()].sort()
    const waiting = ids.map((agentId) => group.get(agentId) as WaitingHeartbeat)
    const isPlain = waiting.every(
      ({ report }) => report.load === undefined && report.status === undefined,
    )
    const { row, moment } = await this.#beat([
      ids,
      isPlain ? null : waiting.map(({ report }) => report.load ?? null),
      isPlain ? null : waiting.map(({ report }) => report.status ?? null),
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
   * One agent that somebody has locked must not keep the others waiting: after a moment they go
   * without it, and it takes the way of transitions, where waiting is limited by itself.
   */
  async #beat(values: readonly unknown[]) {
    const options = { lane: 'heartbeats', changes: true } as const
    if (performance.now() >= this.#unlockedUntil) {
      try {
        return await this.#database.queryWithClock<BeatRow>(BEAT, values, options)
      } catch (error) {
        if (!isLockTimeout(error)) throw error
        this.#unlockedUntil = performance.now() + UNLOCKED_MS
      }
    }
    return this.#database.queryWithClock<BeatRow>(BEAT_UNLOCKED, values, options)
  }
}

function receiptOf({ atMs, ttlSeconds, revision }: Renewed): HeartbeatReceipt {
  return { lastHeartbeatMs: atMs, expiresAtMs: atMs + ttlSeconds * 1000, ttlSeconds, revision }
}

/** The agents that are named more than once. */
function repeatedIn(heartbeats: readonly Heartbeat[]): Set<string> {
  const once = new Set<string>()
  const twice = new Set<string>()
  for (const { agentId } of heartbeats) (once.has(agentId) ? twice : once).add(agentId)
  return twice
}

function numbersIn(text: string | null): number[] {
  return text === null ? [] : text.split(',').map(Number)
}

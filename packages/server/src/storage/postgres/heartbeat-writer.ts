import type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from '../../domain/heartbeat.ts'
import type { LoadExchange } from './load-exchange.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import type { MomentRow } from './postgres-time.ts'

/** Heartbeats that go into one statement, at the most. */
const GROUP_LIMIT = 2000
/** Statements under way at once: one is answered while the next is on its way. */
const IN_FLIGHT_LIMIT = 2

const BEAT = { name: 'beat', text: 'SELECT * FROM rollcall.beat($1, $2, $3, $4)' }

interface BeatRow extends Required<MomentRow> {
  /** Numbers, joined by commas: of the heartbeats that were renewed, counted from 1. */
  readonly places: string | null
  readonly ttls: string | null
  readonly revisions: string | null
}

/** Somebody who waits for the answers to some heartbeats: thousands, in a batch. */
interface Caller {
  /** @param renewed undefined: the heartbeat makes a transition, or there is no such agent */
  settle(index: number, renewed: Renewed | undefined): void
  fail(error: unknown): void
}

/** What came of a heartbeat. */
interface Renewed {
  /** Unix time in milliseconds. */
  readonly atMs: number
  readonly ttlSeconds: number
  readonly revision: number
}

/** A heartbeat on its way. */
interface Waiting {
  readonly report: HeartbeatReport
  readonly caller: Caller
  /** Which of the caller's it is. */
  readonly index: number
}

/**
 * Heartbeats that change nothing visible. Whatever waits goes into one statement, and is answered
 * after its commit.
 */
export class HeartbeatWriter {
  readonly #database: PostgresDatabase
  /** By agent; the second heartbeat of an agent waits for the group after. */
  #groups: Map<string, Waiting>[] = []
  /** The agents of the statements under way. */
  readonly #underWay = new Set<string>()
  #inFlight = 0
  #scheduled = false
  #saved = 0
  #drained: (() => void)[] = []

  readonly #isPending: (agentId: string) => boolean
  readonly #loads: Pick<LoadExchange, 'isFollowed' | 'report'>

  /**
   * @param options.isPending whether a transition of an agent is under way, which has to come first
   */
  constructor(options: {
    database: PostgresDatabase
    isPending: (agentId: string) => boolean
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
    return this.#groups.reduce((sum, group) => sum + group.size, 0)
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && this.#groups.length === 0
  }

  /** Resolves when nothing waits and nothing is under way. */
  drain(): Promise<void> {
    if (this.isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /** Undefined: it makes a transition, or there is no such agent. */
  beat(heartbeat: Heartbeat): Promise<HeartbeatReceipt | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<HeartbeatReceipt | undefined>()
    const settle = (_: number, renewed: Renewed | undefined) =>
      resolve(renewed && receiptOf(renewed))
    this.#add(heartbeat, { report: heartbeat, caller: { settle, fail: reject }, index: 0 })
    return promise
  }

  /** Resolves with those, in order, that make transitions or whose agents are not there. */
  beatAll(heartbeats: readonly Heartbeat[]): Promise<Heartbeat[]> {
    if (heartbeats.length === 0) return Promise.resolve([])
    const { promise, resolve, reject } = Promise.withResolvers<Heartbeat[]>()
    const twice = repeatedIn(heartbeats)
    const isOther = new Array<boolean>(heartbeats.length).fill(true)
    let left = heartbeats.length
    const settle = (index: number, renewed: Renewed | undefined) => {
      isOther[index] = renewed === undefined
      if (--left === 0) resolve(heartbeats.filter((_, at) => isOther[at]))
    }
    const caller = { settle, fail: reject }
    for (const [index, heartbeat] of heartbeats.entries()) {
      // The heartbeats of one agent stay in order, and some of them may make a transition.
      if (twice.has(heartbeat.agentId)) settle(index, undefined)
      else this.#add(heartbeat, { report: heartbeat, caller, index })
    }
    return promise
  }

  #add({ agentId }: Heartbeat, waiting: Waiting): void {
    this.#groupFor(agentId).set(agentId, waiting)
    this.#schedule()
  }

  #groupFor(agentId: string): Map<string, Waiting> {
    for (const group of this.#groups) {
      if (group.size < GROUP_LIMIT && !group.has(agentId)) return group
    }
    const group = new Map<string, Waiting>()
    this.#groups.push(group)
    return group
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
        if (group.size > 0) return void this.#groups.unshift(group)
      }
    })
  }

  /** Takes those out of a group whose agents nothing else is under way for. */
  #readyIn(group: Map<string, Waiting>): Map<string, Waiting> {
    const ready = new Map<string, Waiting>()
    for (const [agentId, waiting] of group) {
      if (this.#underWay.has(agentId)) continue
      group.delete(agentId)
      if (this.#isPending(agentId)) waiting.caller.settle(waiting.index, undefined)
      else ready.set(agentId, waiting)
    }
    return ready
  }

  async #send(group: Map<string, Waiting>): Promise<void> {
    this.#inFlight++
    for (const agentId of group.keys()) this.#underWay.add(agentId)
    try {
      await this.#renew(group)
    } catch (error) {
      for (const { caller } of group.values()) caller.fail(error)
    } finally {
      this.#inFlight--
      for (const agentId of group.keys()) this.#underWay.delete(agentId)
      if (this.#groups.length > 0) this.#schedule()
      else if (this.isIdle) for (const resolve of this.#drained.splice(0)) resolve()
    }
  }

  async #renew(group: ReadonlyMap<string, Waiting>): Promise<void> {
    // In one order everywhere, so that two nodes never wait for each other.
    const ids = [...group.keys()].sort()
    const waiting = ids.map((agentId) => group.get(agentId) as Waiting)
    const isPlain = waiting.every(
      ({ report }) => report.load === undefined && report.status === undefined,
    )
    const { row, moment } = await this.#database.atMoment<BeatRow>(BEAT, [
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
    for (const [at, { caller, index }] of waiting.entries()) caller.settle(index, renewed[at])
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

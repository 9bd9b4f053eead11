import type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from '../../domain/heartbeat.ts'
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

/** Somebody who waits for the answer to a heartbeat. */
interface Waiting {
  readonly report: HeartbeatReport
  readonly resolve: (receipt: HeartbeatReceipt | undefined) => void
  readonly reject: (error: unknown) => void
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

  /** @param isPending whether a transition of an agent is under way, which has to come first */
  constructor(database: PostgresDatabase, isPending: (agentId: string) => boolean) {
    this.#database = database
    this.#isPending = isPending
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
  beat({ agentId, ...report }: Heartbeat): Promise<HeartbeatReceipt | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<HeartbeatReceipt | undefined>()
    this.#groupFor(agentId).set(agentId, { report, resolve, reject })
    this.#schedule()
    return promise
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
      if (this.#isPending(agentId)) waiting.resolve(undefined)
      else ready.set(agentId, waiting)
    }
    return ready
  }

  async #send(group: Map<string, Waiting>): Promise<void> {
    this.#inFlight++
    const waiting = [...group.values()]
    for (const agentId of group.keys()) this.#underWay.add(agentId)
    try {
      const receipts = await this.#renew(group)
      for (const [index, { resolve }] of waiting.entries()) resolve(receipts[index])
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    } finally {
      this.#inFlight--
      for (const agentId of group.keys()) this.#underWay.delete(agentId)
      if (this.#groups.length > 0) this.#schedule()
      else if (this.isIdle) for (const resolve of this.#drained.splice(0)) resolve()
    }
  }

  async #renew(group: Map<string, Waiting>): Promise<(HeartbeatReceipt | undefined)[]> {
    // In one order everywhere, so that two nodes never wait for each other.
    const ids = [...group.keys()]
    const order = ids.map((_, index) => index).sort((a, b) => compare(ids[a], ids[b]))
    const sorted = order.map((index) => ids[index])
    const reports = order.map((index) => group.get(ids[index] as string)?.report)
    const isPlain = reports.every((it) => it?.load === undefined && it?.status === undefined)
    const { row, moment } = await this.#database.atMoment<BeatRow>(BEAT, [
      sorted,
      isPlain ? null : reports.map((it) => it?.load ?? null),
      isPlain ? null : reports.map((it) => it?.status ?? null),
    ])
    const receipts = new Array<HeartbeatReceipt | undefined>(ids.length)
    const ttls = numbersIn(row.ttls)
    const revisions = numbersIn(row.revisions)
    for (const [at, place] of numbersIn(row.places).entries()) {
      const ttlSeconds = ttls[at] ?? 0
      receipts[order[place - 1] ?? 0] = {
        lastHeartbeatMs: moment.wall,
        expiresAtMs: moment.wall + ttlSeconds * 1000,
        ttlSeconds,
        revision: revisions[at] ?? 0,
      }
      this.#saved++
    }
    return receipts
  }
}

function numbersIn(text: string | null): number[] {
  return text === null ? [] : text.split(',').map(Number)
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}

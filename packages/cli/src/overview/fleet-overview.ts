import type { Agent, AgentEvent, WatchEvent } from '@rollcall/client'

/** Maximum number of events to keep. */
const LATEST_EVENTS = 50
/** Seconds over which rates are measured. */
const RATE_SECONDS = 10

/** A name with its count. */
export interface Tally {
  readonly name: string
  readonly count: number
}

/** An aggregate view of a fleet, kept current by the events of a watch. */
export class FleetOverview {
  readonly #agents = new Map<string, Agent>()
  readonly #latest: AgentEvent[] = []
  /** Recent event counts by second and type. */
  readonly #perSecond = new Map<number, Map<string, number>>()
  #isLive = false

  /** Whether the snapshot is complete and the connection is up. */
  get isLive(): boolean {
    return this.#isLive
  }

  get size(): number {
    return this.#agents.size
  }

  /** The latest events, newest first. */
  get latest(): readonly AgentEvent[] {
    return this.#latest.toReversed()
  }

  /** @param nowMs time of a monotonic clock in milliseconds */
  apply(event: WatchEvent, nowMs: number): void {
    switch (event.type) {
      case 'reset':
        this.#isLive = false
        this.#agents.clear()
        return
      case 'disconnected':
        this.#isLive = false
        return
      case 'synced':
        this.#isLive = true
        return
      case 'snapshot':
        this.#agents.set(event.agent.agentId, event.agent)
        return
      default:
        this.#change(event, nowMs)
    }
  }

  /** Counts agents by status, largest count first. */
  byStatus(): Tally[] {
    return tally(this.#agents.values().map(({ status }) => status))
  }

  /** Counts agents by capability, largest count first. */
  byCapability(): Tally[] {
    return tally(this.#agents.values().flatMap(({ capabilities }) => capabilities))
  }

  /** Returns recent events per second by type, largest rate first. */
  rates(nowMs: number): Tally[] {
    const second = Math.floor(nowMs / 1000)
    const totals = new Map<string, number>()
    for (const [at, counts] of this.#perSecond) {
      if (at < second - RATE_SECONDS) this.#perSecond.delete(at)
      // The current second is incomplete and would lower the rate.
      else if (at < second) for (const [type, n] of counts) add(totals, type, n / RATE_SECONDS)
    }
    return sorted(totals)
  }

  #change(event: AgentEvent, nowMs: number): void {
    // Only listed agents are counted; the others appear in the events.
    if (event.listed) this.#agents.set(event.agentId, event.agent)
    else this.#agents.delete(event.agentId)
    this.#latest.push(event)
    if (this.#latest.length > LATEST_EVENTS) this.#latest.shift()
    const second = Math.floor(nowMs / 1000)
    const counts = this.#perSecond.get(second) ?? new Map<string, number>()
    this.#perSecond.set(second, counts)
    add(counts, event.type, 1)
  }
}

function tally(names: Iterable<string>): Tally[] {
  const counts = new Map<string, number>()
  for (const name of names) add(counts, name, 1)
  return sorted(counts)
}

function add(counts: Map<string, number>, name: string, n: number): void {
  counts.set(name, (counts.get(name) ?? 0) + n)
}

function sorted(counts: ReadonlyMap<string, number>): Tally[] {
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
}

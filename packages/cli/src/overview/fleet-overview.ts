import type { Agent, AgentEvent, WatchEvent } from '@rollcall/client'

/** Events that are kept to be shown, at the most. */
const LATEST_EVENTS = 50
/** Seconds over which rates are measured. */
const RATE_SECONDS = 10

/** A name and how often there is such a thing. */
export interface Tally {
  readonly name: string
  readonly count: number
}

/** What a fleet looks like from above, kept current by the events of a watch. */
export class FleetOverview {
  readonly #agents = new Map<string, Agent>()
  readonly #latest: AgentEvent[] = []
  /** Events of the seconds before now, by type; the index is the second. */
  readonly #perSecond = new Map<number, Map<string, number>>()
  #isLive = false

  /** Whether everything that was there has been told, and the connection stands. */
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

  /** @param nowMs the time on any clock that goes on */
  take(event: WatchEvent, nowMs: number): void {
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

  /** How many agents have each status, most first. */
  byStatus(): Tally[] {
    return tally(this.#agents.values().map(({ status }) => status))
  }

  /** How many agents have each capability, most first. */
  byCapability(): Tally[] {
    return tally(this.#agents.values().flatMap(({ capabilities }) => capabilities))
  }

  /** Events per second of each type, over the last seconds; most first. */
  rates(nowMs: number): Tally[] {
    const second = Math.floor(nowMs / 1000)
    const totals = new Map<string, number>()
    for (const [at, counts] of this.#perSecond) {
      if (at < second - RATE_SECONDS) this.#perSecond.delete(at)
      // The second that has just begun would count for less than it is.
      else if (at < second) for (const [type, n] of counts) add(totals, type, n / RATE_SECONDS)
    }
    return sorted(totals)
  }

  #change(event: AgentEvent, nowMs: number): void {
    // Only the living are counted; the dead are for the events to tell.
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

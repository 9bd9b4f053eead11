import { VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'
import { liveStatus } from './query/agent-filter.ts'
import type { StatusCounts } from './status-counts.ts'
import { isRemoval, type Transition } from './transition.ts'

/** How many agents have each capability, by the status that reads show. */
export interface CapabilityCounts {
  /** Number of different capabilities of agents, dead or alive. */
  readonly size: number
  /** Whether they are all: a counter with a limit leaves out others. */
  readonly isComplete: boolean
  /** The capabilities with their counts, in no particular order. */
  [Symbol.iterator](): Iterator<readonly [capability: string, counts: StatusCounts]>
}

/**
 * Counts agents by what they can do. Each change costs as much as the agent has capabilities, whatever the size of the
 * fleet.
 */
export class CapabilityCounter implements CapabilityCounts {
  readonly #counts = new Map<string, Record<ViewStatus, number>>()
  readonly #limit: number
  #isComplete = true

  /** @param options.limit most different capabilities that are counted; default: all */
  constructor({ limit = Number.POSITIVE_INFINITY }: { readonly limit?: number } = {}) {
    this.#limit = limit
  }

  get size(): number {
    return this.#counts.size
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  [Symbol.iterator](): Iterator<readonly [string, StatusCounts]> {
    return this.#counts.entries()
  }

  /** Adds agents with the same capabilities, each of which counts once. */
  add(capabilities: readonly string[], status: ViewStatus, agents = 1): void {
    for (const capability of distinct(capabilities)) {
      const counts = this.#counts.get(capability)
      if (counts !== undefined) counts[status] += agents
      else if (this.#counts.size < this.#limit) {
        this.#counts.set(capability, { ...NO_AGENTS, [status]: agents })
      } else this.#isComplete = false
    }
  }

  /** Updates the counts with a transition. */
  apply({ type, before, agent }: Transition): void {
    if (before) this.#remove(before.capabilities, before.alive ? liveStatus(before) : 'expired')
    if (isRemoval(type)) return
    this.add(agent.capabilities, agent.alive ? liveStatus(agent) : 'expired')
  }

  /**
   * Returns the counts with some agents as expired: their lease has lapsed, but the transition is still to come.
   *
   * @param lapsed those agents, by the status of their last transition
   */
  withLapsed(lapsed: CapabilityCounter): CapabilityCounts {
    if (lapsed.size === 0) return this
    const counts = this.#counts
    return {
      size: counts.size,
      isComplete: this.#isComplete,
      *[Symbol.iterator]() {
        for (const entry of counts) yield lapsed.#expire(entry)
      },
    }
  }

  #expire(entry: readonly [string, StatusCounts]): readonly [string, StatusCounts] {
    const [capability, counts] = entry
    const lapsed = this.#counts.get(capability)
    if (lapsed === undefined) return entry
    const result = { ...counts }
    for (const status of VIEW_STATUSES) {
      // The two counts may be of different moments.
      const moved = Math.min(lapsed[status], result[status])
      result[status] -= moved
      result.expired += moved
    }
    return [capability, result]
  }

  #remove(capabilities: readonly string[], status: ViewStatus): void {
    for (const capability of distinct(capabilities)) {
      const counts = this.#counts.get(capability)
      if (counts === undefined) continue
      counts[status]--
      // Capabilities come and go: those of no agent take no memory.
      if (VIEW_STATUSES.every((each) => counts[each] === 0)) this.#counts.delete(capability)
    }
  }
}

const NO_AGENTS: StatusCounts = { ready: 0, busy: 0, draining: 0, suspect: 0, expired: 0 }

/** An agent may name a capability twice. */
function distinct(capabilities: readonly string[]): Iterable<string> {
  return capabilities.length < 2 ? capabilities : new Set(capabilities)
}

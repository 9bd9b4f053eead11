import type { ViewStatus } from '@rollcall/protocol'
import { type LiveStatus, liveStatus } from './query/agent-filter.ts'
import { isRemoval, type Transition } from './transition.ts'

/** Number of agents by the status that reads show. */
export type StatusCounts = Readonly<Record<ViewStatus, number>>

/** Counts agents whose expiry is not recorded, by the status that reads show until their deadline. Each change costs O(1). */
export class StatusCounter {
  readonly #counts: Record<LiveStatus, number> = { ready: 0, busy: 0, draining: 0, suspect: 0 }

  of(status: LiveStatus): number {
    return this.#counts[status]
  }

  add(status: LiveStatus, count = 1): void {
    this.#counts[status] += count
  }

  remove(status: LiveStatus): void {
    this.#counts[status]--
  }

  /** Returns the counts without those of another counter. */
  minus(other: StatusCounter): Record<LiveStatus, number> {
    const { ready, busy, draining, suspect } = this.#counts
    return {
      ready: ready - other.of('ready'),
      busy: busy - other.of('busy'),
      draining: draining - other.of('draining'),
      suspect: suspect - other.of('suspect'),
    }
  }

  /** Updates the counts with a transition. */
  apply({ type, before, agent }: Transition): void {
    if (before?.alive) this.remove(liveStatus(before))
    if (!isRemoval(type) && agent.alive) this.add(liveStatus(agent))
  }
}

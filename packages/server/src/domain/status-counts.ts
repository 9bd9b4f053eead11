import type { AgentStatus, ViewStatus } from '@rollcall/protocol'
import type { Transition } from './transition.ts'

/** Number of agents by the status that reads show. */
export type StatusCounts = Readonly<Record<ViewStatus, number>>

/** Counts agents whose expiry is not recorded, by reported status. Each change costs O(1). */
export class StatusCounter {
  readonly #counts: Record<AgentStatus, number> = { ready: 0, busy: 0, draining: 0 }

  of(status: AgentStatus): number {
    return this.#counts[status]
  }

  add(status: AgentStatus, count = 1): void {
    this.#counts[status] += count
  }

  remove(status: AgentStatus): void {
    this.#counts[status]--
  }

  /** Updates the counts with a transition. */
  apply({ type, before, agent }: Transition): void {
    if (before?.alive) this.remove(before.status)
    const isRemoval = type === 'removed' || type === 'deregistered'
    if (!isRemoval && agent.alive) this.add(agent.status)
  }
}

import type { AgentStatus, ViewStatus } from '@rollcall/protocol'
import type { Transition } from './transition.ts'

/** Agents by the status that reads show. */
export type StatusCounts = Readonly<Record<ViewStatus, number>>

/** Counts agents whose expiry is not recorded, by what they report; each change costs the same. */
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

  /** Takes in what a transition changed. */
  apply({ type, before, agent }: Transition): void {
    if (before?.alive) this.remove(before.status)
    const isGone = type === 'removed' || type === 'deregistered'
    if (!isGone && agent.alive) this.add(agent.status)
  }
}

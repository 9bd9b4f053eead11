import { isRemoval, type Transition } from './transition.ts'

/** How many agents each principal owns. */
export interface OwnerCounts {
  /** The counts are of the agents as they were after the transition with this revision. */
  readonly revision: number
  /** Agents, dead or alive, by owner. Has no entry for an owner of none, nor for agents that belong to nobody. */
  readonly byOwner: ReadonlyMap<string, number>
}

/** Counts agents, dead or alive, by their owner. Each change costs O(1). */
export class OwnerCounter {
  readonly #counts: Map<string, number>

  /** @param counts from which it continues; default: there are no agents */
  constructor(counts: Iterable<readonly [string, number]> = []) {
    this.#counts = new Map(counts)
  }

  /** The owners that have agents, and how many. */
  get byOwner(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** Returns how many agents a principal owns. */
  of(owner: string): number {
    return this.#counts.get(owner) ?? 0
  }

  /** Counts one agent more, or one less, of an owner. Agents of nobody (null) are not counted. */
  change(owner: string | null, by: 1 | -1): void {
    if (owner === null) return
    const count = this.of(owner) + by
    // Principals come and go: those without agents take no memory.
    if (count === 0) this.#counts.delete(owner)
    else this.#counts.set(owner, count)
  }

  /** Updates the counts with a transition; one that claims an agent of nobody changes them as well. */
  apply({ type, before, agent }: Transition): void {
    const previous = before?.owner ?? null
    const next = isRemoval(type) ? null : agent.owner
    if (previous === next) return
    this.change(previous, -1)
    this.change(next, 1)
  }
}

import type { Transition } from '../../domain/transition.ts'
import type { HistoryBounds, HistoryPage } from './journal.ts'

/** The newest transitions, in memory: consecutive revisions, oldest first. */
export class RecentTransitions {
  readonly #capacity: number
  #transitions: Transition[] = []

  /**
   * Holds no transition yet.
   *
   * @param capacity how many to keep at least; the oldest are dropped at twice as many
   */
  constructor(capacity = Number.POSITIVE_INFINITY) {
    this.#capacity = capacity
  }

  /** Adds transitions that follow those it has. */
  push(transitions: readonly Transition[]): void {
    for (const transition of transitions) this.#transitions.push(transition)
    if (this.#transitions.length > 2 * this.#capacity) {
      this.#transitions = this.#transitions.slice(-this.#capacity)
    }
  }

  /** Every transition, oldest first. */
  all(): readonly Transition[] {
    return this.#transitions
  }

  /** Revision of the oldest transition; undefined when empty. */
  get oldest(): number | undefined {
    return this.#transitions[0]?.revision
  }

  /** Returns how many of the oldest transitions lie before the bounds. */
  countBefore({ firstKept, notBeforeMs }: HistoryBounds): number {
    const at = this.#transitions.findIndex(
      ({ revision, atMs }) => revision >= firstKept && atMs >= notBeforeMs,
    )
    return at === -1 ? this.#transitions.length : at
  }

  /** Transitions after a revision, as {@link Journal.eventsSince} returns them. */
  page(revision: number, limit: number, bounds: HistoryBounds): HistoryPage {
    const first = this.countBefore(bounds)
    const from = Math.max(first, revision + 1 - (this.oldest ?? 0))
    const end = bounds.lastVisible + 1 - (this.oldest ?? 0)
    return {
      oldest: this.#transitions[first]?.revision,
      transitions: this.#transitions.slice(from, Math.max(from, Math.min(from + limit, end))),
    }
  }

  /** Transitions of one agent, as {@link Journal.historyOf} returns them. */
  ofAgent(agentId: string, range: { before: number; limit: number }, bounds: HistoryBounds) {
    const found: Transition[] = []
    const first = this.countBefore(bounds)
    const before = Math.min(range.before, bounds.lastVisible + 1)
    for (let at = this.#transitions.length - 1; at >= first && found.length < range.limit; at--) {
      const transition = this.#transitions[at] as Transition
      if (transition.agentId === agentId && transition.revision < before) {
        found.push(transition)
      }
    }
    return found.reverse()
  }

  /** Removes some of the oldest. */
  drop(count: number): void {
    if (count > 0) this.#transitions = this.#transitions.slice(count)
  }
}

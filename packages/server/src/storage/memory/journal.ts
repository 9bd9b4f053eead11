import type { Transition } from '../../domain/transition.ts'
import type { HistoryBounds, HistoryPage, Journal, JournalEntry } from '../live/journal.ts'
import { RecentTransitions } from '../live/recent-transitions.ts'

/** Keeps only the newest transitions, in memory. */
export class MemoryJournal implements Journal {
  readonly #history = new RecentTransitions()
  readonly #cards = new Map<string, string>()

  async commit({ changes }: JournalEntry): Promise<void> {
    for (const { lease, card } of changes) {
      if (card === null) this.#cards.delete(lease.agentId)
      else if (card !== undefined) this.#cards.set(lease.agentId, card)
    }
    this.#history.push(changes.flatMap(({ transition }) => transition ?? []))
  }

  async saveHeartbeats(): Promise<void> {}

  async saveMaintenance(): Promise<void> {}

  async eventsSince(revision: number, limit: number, bounds: HistoryBounds): Promise<HistoryPage> {
    return this.#history.page(revision, limit, bounds)
  }

  async historyOf(
    agentId: string,
    range: { before: number; limit: number },
    bounds: HistoryBounds,
  ): Promise<readonly Transition[]> {
    return this.#history.ofAgent(agentId, range, bounds)
  }

  async readCard(agentId: string): Promise<string | undefined> {
    return this.#cards.get(agentId)
  }

  async trimHistory(bounds: HistoryBounds): Promise<boolean> {
    this.#history.drop(this.#history.countBefore(bounds))
    return false
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {}
}

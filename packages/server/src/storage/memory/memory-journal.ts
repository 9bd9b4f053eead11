import type { Transition } from '../../domain/transition.ts'
import type { Journal, JournalEntry } from '../live/journal.ts'
import { revisionGone } from '../live/revision-gone.ts'

/** Keeps the newest transitions in memory, and nothing else. */
export class MemoryJournal implements Journal {
  readonly #historyLimit: number
  /** Consecutive revisions, the oldest first; trimmed when it is twice as long as need be. */
  #history: Transition[] = []

  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit
  }

  async commit({ changes }: JournalEntry): Promise<void> {
    for (const { transition } of changes) if (transition) this.#history.push(transition)
    if (this.#history.length > 2 * this.#historyLimit) {
      this.#history = this.#history.slice(-this.#historyLimit)
    }
  }

  async saveHeartbeats(): Promise<void> {}

  async eventsSince(revision: number, limit: number): Promise<readonly Transition[]> {
    const kept = this.#history.slice(-this.#historyLimit)
    const oldest = kept[0]?.revision ?? revision + 1
    if (revision < oldest - 1) throw revisionGone(revision, oldest)
    const from = revision - (oldest - 1)
    return kept.slice(from, from + limit)
  }

  async close(): Promise<void> {}
}

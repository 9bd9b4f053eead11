import { RegistryError } from '../../domain/registry-error.ts'
import type { JournalEntry } from './journal.ts'

/**
 * Keeps the rule of {@link Journal.commit}: an entry is written only on top of the revision that it was
 * worked out from, and not after a failed entry if it builds on one that was pending.
 */
export class CommitOrder {
  #revision: number
  #lastFailed = false

  /**
   * For a store that was just opened.
   *
   * @param revision of the last transition that is stored
   */
  constructor(revision: number) {
    this.#revision = revision
  }

  /**
   * Writes an entry, if it may be written. Call it for one entry after the other.
   *
   * @throws RegistryError `STORAGE_UNAVAILABLE` for an entry that may not be written, or what `write` throws
   */
  async run(entry: JournalEntry, write: () => Promise<void>): Promise<void> {
    const { baseRevision, buildsOnPending, revision } = entry
    const isAllowed = baseRevision === this.#revision && !(this.#lastFailed && buildsOnPending)
    this.#lastFailed = true
    if (!isAllowed) {
      throw new RegistryError('STORAGE_UNAVAILABLE', 'a commit that this one builds on has failed')
    }
    await write()
    this.#lastFailed = false
    this.#revision = revision
  }
}

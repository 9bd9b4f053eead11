import type { LoadReader } from './load-audience.ts'

/** A consumer that follows the feed from a revision on. */
export interface FeedReader {
  /** The revision up to which it knew everything when it joined. */
  readonly joinedAt: number
  /** Its consumer of loads; undefined if it did not request loads. */
  readonly loads?: LoadReader | undefined
  /**
   * Receives the text of one or more events, in a buffer shared with other readers.
   *
   * @param revision the revision up to which the reader has now received everything
   */
  deliver(text: Buffer, revision: number): void
  /** Called every second, so that the reader can report that it is up to date with a revision. */
  idle(revision: number): void
  /** Called when the feed has dropped the reader, which must catch up from the history. */
  fallBehind(): void
}

/** Statistics of the feed since it was created. */
export interface FeedStats {
  readonly readers: number
  /** Times that the feed woke up for new transitions. */
  readonly wakeUps: number
  /** Events delivered to readers, counted once per reader. */
  readonly deliveries: number
}

import type { LoadReader } from './load-audience.ts'

/** Someone who follows the feed from some revision on. */
export interface FeedReader {
  /** Up to this revision it knew everything when it joined. */
  readonly joinedAt: number
  /** Where it takes loads; undefined: it did not ask for them. */
  readonly loads?: LoadReader | undefined
  /**
   * Takes the text of one or more events, shared with others.
   *
   * @param revision the reader has been sent everything up to here
   */
  deliver(text: Buffer, revision: number): void
  /** Called every second: a chance to say that everything up to a revision has been sent. */
  idle(revision: number): void
  /** Called when the feed cannot go on: the reader has left it, and goes on with the history. */
  fallBehind(): void
}

/** Figures of the feed since it began. */
export interface FeedStats {
  readonly readers: number
  /** Times that the feed woke up, because something had happened. */
  readonly wakeUps: number
  /** Events handed to readers, once for each. */
  readonly deliveries: number
}

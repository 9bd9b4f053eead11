/** A position in a history. */
export interface HistoryPosition {
  /** Identifies the registry. Stays the same when its history forks. */
  readonly epoch: string
  /** The revision of the last transition before the position. */
  readonly revision: number
  /**
   * The line of branches of the history, oldest first; the last one is current. Default: a single branch,
   * named as the epoch, with which no fork is noticed.
   */
  readonly branches?: readonly Branch[] | undefined
}

/**
 * A stretch of a history: the transitions since a writer of the store began it. A restored backup and the
 * original, or two copies of one file, have the branches up to the fork in common and no later one. So a
 * revision alone does not name a state of the registry, but a branch and a revision do. Kafka tells
 * histories apart in the same way, by leader epochs.
 */
export interface Branch {
  /** Random, so that no two writers begin the same branch. */
  readonly id: string
  /** The revision of the last transition before the branch. */
  readonly beganAt: number
}

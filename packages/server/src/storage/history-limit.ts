/** How much history a store keeps. */
export interface HistoryLimits {
  /** Transitions to keep, at least 1; default 100 000. */
  readonly historyLimit?: number | undefined
  /** Seconds to keep a transition; default 604 800, a week. */
  readonly historyMaxAgeSeconds?: number | undefined
}

/** Transitions that a store keeps when nothing else is asked for. */
export const DEFAULT_HISTORY_LIMIT = 100_000

/** Seconds that a store keeps a transition when nothing else is asked for: a week. */
export const DEFAULT_HISTORY_MAX_AGE_SECONDS = 7 * 86_400

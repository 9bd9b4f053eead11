/** How much history a store keeps. */
export interface HistoryLimits {
  /** Transitions to keep, at least 1; default 100 000. */
  readonly historyLimit?: number | undefined
  /** Seconds to keep a transition; default 604 800, a week. */
  readonly historyMaxAgeSeconds?: number | undefined
}

/** Default number of transitions that a store keeps. */
export const DEFAULT_HISTORY_LIMIT = 100_000

/** Default number of seconds that a store keeps a transition: a week. */
export const DEFAULT_HISTORY_MAX_AGE_SECONDS = 7 * 86_400

/** How much history a store keeps. */
export interface HistoryLimits {
  /** Transitions to keep, at least 1; default 100 000. */
  readonly historyLimit?: number | undefined
  /** Seconds to keep a transition; default 604 800, a week. */
  readonly historyMaxAgeSeconds?: number | undefined
}

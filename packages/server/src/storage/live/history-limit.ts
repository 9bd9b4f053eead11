/** Transitions that a store keeps when nothing else is asked for. */
export const DEFAULT_HISTORY_LIMIT = 100_000

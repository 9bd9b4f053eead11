/** Defaults of the settings, which the library has as well. */
export const DEFAULTS = {
  /** Transitions that a store keeps. */
  historyLimit: 100_000,
  /** Seconds that a store keeps a transition: a week. */
  historyMaxAgeSeconds: 7 * 86_400,
  /** Seconds that a live lease has at least after a restart. */
  restartGraceSeconds: 30,
  /** Seconds between two writes of waiting heartbeats. */
  heartbeatFlushIntervalSeconds: 1,
  /** Seconds between two removals of expired agents. */
  cleanupIntervalSeconds: 60,
  /** Seconds between two scheduled backups. */
  backupEverySeconds: 3600,
  /** Scheduled backups that are kept. */
  backupKeep: 24,
  /** Share of the living agents above which the brake on mass expiry engages. */
  brakeFraction: 0.5,
  /** Fewest agents that count as a mass expiry. */
  brakeMinimum: 20,
  /** Most seconds for which the brake holds leases. */
  brakeMaxSeconds: 300,
} as const

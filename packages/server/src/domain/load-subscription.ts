/**
 * Hears that an agent reported its load, with a heartbeat or with its registration.
 *
 * @param load 0 (idle) to 1 (full), or null when the agent takes back what it reported
 * @param atMs the heartbeat that reported it (`lastHeartbeatMs`); reports of one agent may arrive
 *   late, and the newest counts
 */
export type LoadListener = (agentId: string, load: number | null, atMs: number) => void

/** Loads on their way to a listener. */
export interface LoadSubscription {
  /** Resolves when the listener misses nothing that is reported from now on, on any node. */
  readonly ready: Promise<void>
  /** Ends it. Idempotent. */
  end(): void
}

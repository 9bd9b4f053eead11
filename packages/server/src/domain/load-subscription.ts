/**
 * Receives the load that an agent reported with a heartbeat or its registration.
 *
 * @param load 0 (idle) to 1 (full), or null when the agent withdrew its load
 * @param atMs the time of the heartbeat that reported it (`lastHeartbeatMs`); reports of one agent
 *   may arrive out of order, and the newest counts
 */
export type LoadListener = (agentId: string, load: number | null, atMs: number) => void

/** A subscription to load reports. */
export interface LoadSubscription {
  /** Resolves once the listener receives everything reported from then on, on any node. */
  readonly ready: Promise<void>
  /** Ends the subscription. Idempotent. */
  end(): void
}

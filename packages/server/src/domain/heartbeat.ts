import type { AgentStatus } from '@rollcall/protocol'

/** What an agent reports with a heartbeat; nothing is fine. */
export interface HeartbeatReport {
  /** Whether it takes work. Default: as before. */
  readonly status?: AgentStatus | undefined
  /** 0 (idle) to 1 (full). */
  readonly load?: number | undefined
}

/** A heartbeat among many. */
export interface Heartbeat extends HeartbeatReport {
  /** Whose it is. */
  readonly agentId: string
}

/** What a heartbeat achieved. */
export interface HeartbeatReceipt {
  /** Unix time in milliseconds, as is the next. */
  readonly lastHeartbeatMs: number
  /** The new deadline of the lease. */
  readonly expiresAtMs: number
  /** Seconds that the lease lasts without another. */
  readonly ttlSeconds: number
  /** Of the agent's last visible change. */
  readonly revision: number
}

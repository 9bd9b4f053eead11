import type { AgentStatus } from '@rollcall/protocol'

/** What an agent reports with a heartbeat; nothing is fine. */
export interface HeartbeatReport {
  readonly status?: AgentStatus | undefined
  /** 0 (idle) to 1 (full). */
  readonly load?: number | undefined
}

/** A heartbeat among many. */
export interface Heartbeat extends HeartbeatReport {
  readonly agentId: string
}

/** What a heartbeat achieved. */
export interface HeartbeatReceipt {
  /** Unix time in milliseconds, as is the next. */
  readonly lastHeartbeatMs: number
  readonly expiresAtMs: number
  readonly ttlSeconds: number
  /** Of the agent's last visible change. */
  readonly revision: number
}

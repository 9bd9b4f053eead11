import type { AgentStatus } from '@rollcall/protocol'
import type { ChangeCondition } from './change-condition.ts'

/** What an agent reports with a heartbeat; may be empty. */
export interface HeartbeatReport extends ChangeCondition {
  /** Whether the agent accepts work. Default: unchanged. */
  readonly status?: AgentStatus | undefined
  /** 0 (idle) to 1 (full). */
  readonly load?: number | undefined
}

/** One heartbeat of a batch. */
export interface Heartbeat extends HeartbeatReport {
  /** The agent that sent it. */
  readonly agentId: string
}

/** The result of a heartbeat. */
export interface HeartbeatReceipt {
  /** Unix time in milliseconds, like the next. */
  readonly lastHeartbeatMs: number
  /** The new deadline of the lease. */
  readonly expiresAtMs: number
  /** Seconds that the lease lasts without another heartbeat. */
  readonly ttlSeconds: number
  /** The revision of the agent's last visible change. */
  readonly revision: number
}

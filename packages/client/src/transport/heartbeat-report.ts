/** The status that an agent reports. */
export type AgentStatus = 'ready' | 'busy' | 'draining'

/** The values that an agent may report with a heartbeat. */
export interface HeartbeatReport {
  /** Whether the agent accepts work; default: unchanged. */
  readonly status?: AgentStatus | undefined
  /** Load from 0 (idle) to 1 (full); default: unchanged. */
  readonly load?: number | undefined
}

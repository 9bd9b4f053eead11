/** What an agent says of itself. */
export type AgentStatus = 'ready' | 'busy' | 'draining'

/** What an agent may say with a heartbeat. */
export interface HeartbeatReport {
  /** Whether it takes work; default: as before. */
  readonly status?: AgentStatus | undefined
  /** 0 (idle) to 1 (full). */
  readonly load?: number | undefined
}

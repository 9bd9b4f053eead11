/** Sends the heartbeats of an agent from elsewhere, such as another thread. */
export interface ExternalHeartbeats {
  /** Resumes after the agent has registered again. */
  start(): void
  /** Resolves when no more heartbeats are sent. */
  stop(): Promise<void>
}

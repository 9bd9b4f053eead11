/** Sends the heartbeats of an agent from elsewhere, such as another thread. */
export interface HeartbeatKeeper {
  /** Goes on, with an agent that has registered again. */
  start(): void
  /** Resolves when nothing is sent any more. */
  stop(): Promise<void>
}

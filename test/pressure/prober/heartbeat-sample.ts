/** A single heartbeat on the fast path, or a batch. */
export type HeartbeatKind = 'single' | 'batch'

/** One request of the fleet. */
export interface HeartbeatSample {
  readonly kind: HeartbeatKind
  /** When it was due, by `nowMs`; the delay until it was sent counts. */
  readonly dueAt: number
  /** From when it was due until the complete response, or until it failed. */
  readonly latencyMs: number
  /** The HTTP status; 0 without a response; undefined while in flight. */
  readonly status: number | undefined
}

/** Options of the prober process. */
export interface ProberOptions {
  readonly urls: readonly string[]
  readonly singleIds: readonly string[]
  /** Agents of each batch. */
  readonly batches: readonly (readonly string[])[]
  readonly singlesPerSecond: number
  readonly batchesPerSecond: number
  readonly hasNewConnections: boolean
}

/** Reported ten times a second. */
export interface ProberReport {
  readonly samples: readonly HeartbeatSample[]
  /** Requests in flight. */
  readonly inFlight: readonly { readonly kind: HeartbeatKind; readonly dueAt: number }[]
}

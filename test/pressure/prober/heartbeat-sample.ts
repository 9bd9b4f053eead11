/** One by one on the fast path, or a batch. */
export type HeartbeatKind = 'single' | 'batch'

/** One request of the fleet that beats. */
export interface HeartbeatSample {
  readonly kind: HeartbeatKind
  /** When it was due, as `nowMs` has it; what it waited before it was sent counts. */
  readonly dueAt: number
  /** From when it was due until the whole answer was there, or until it failed. */
  readonly latencyMs: number
  /** The HTTP status; 0: no answer; undefined: none so far. */
  readonly status: number | undefined
}

/** What the process of the prober is started with. */
export interface ProberOptions {
  readonly urls: readonly string[]
  readonly singleIds: readonly string[]
  /** The agents of each batch. */
  readonly batches: readonly (readonly string[])[]
  readonly singlesPerSecond: number
  readonly batchesPerSecond: number
  readonly hasNewConnections: boolean
}

/** What it reports ten times a second. */
export interface ProberReport {
  readonly samples: readonly HeartbeatSample[]
  /** Those without an answer so far. */
  readonly waiting: readonly { readonly kind: HeartbeatKind; readonly dueAt: number }[]
}

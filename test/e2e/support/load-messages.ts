/** How much load to send. */
export interface LoadSize {
  readonly url: string
  /** Agents that send the heartbeats. */
  readonly fleet: number
  readonly heartbeatsPerSecond: number
  /** Every fourth of the registered agents is deregistered a moment later. */
  readonly registrationsPerSecond: number
}

/** What to ask of the process that sends the load. */
export type LoadRequest =
  /** The registry holds the fleet; the rest of the load begins. */
  | 'start'
  /** Remembers what is acknowledged now. */
  | 'begin'
  /** Returns what a copy made between `begin` and `end` must contain. */
  | 'end'
  /** Returns the latencies since the last time. */
  | 'measure'

/** What a copy of the registry must and may contain. */
export interface Expectation {
  /** Registered before `begin`, and not deregistered before `end`. */
  readonly present: readonly string[]
  /** Deregistered before `begin`. */
  readonly absent: readonly string[]
  /** Every agent whose registration was sent before `end`. */
  readonly sent: readonly string[]
}

/** Latencies of heartbeats, from when each was due. */
export interface Latencies {
  readonly heartbeats: number
  readonly failures: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly mostMs: number
}

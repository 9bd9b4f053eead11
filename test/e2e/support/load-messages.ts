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
  | { readonly kind: 'start' }
  /** Returns the time of the clock that the load is recorded by. */
  | { readonly kind: 'time' }
  /** Returns what a copy made in a period must contain. */
  | { readonly kind: 'expectation'; readonly period: Period }
  /** Returns the latencies since the last time. */
  | { readonly kind: 'measure' }

/** A period by the clock of the process that sends the load, in milliseconds. */
export interface Period {
  readonly beganMs: number
  readonly endedMs: number
}

/** What a copy of the registry must and may contain. */
export interface Expectation {
  /** Registered before the period, and not deregistered before its end. */
  readonly present: readonly string[]
  /** Deregistered before the period. */
  readonly absent: readonly string[]
  /** Every agent whose registration was sent before its end. */
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

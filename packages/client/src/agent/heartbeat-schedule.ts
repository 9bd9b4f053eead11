import { LIMITS } from '@rollcall/protocol'

/** The registry rounds intervals to milliseconds. */
const ROUNDING_SECONDS = 0.001

/** Timing in the response to a heartbeat or registration; undefined if absent or invalid. */
export interface HeartbeatSchedule {
  /** Lease duration in seconds. */
  readonly ttlSeconds?: number | undefined
  /** Heartbeat interval that the registry asks for, in seconds. */
  readonly intervalSeconds?: number | undefined
}

/**
 * Reads the schedule from any response: an older registry omits fields, a proxy may send anything.
 */
export function parseHeartbeatSchedule(response: unknown): HeartbeatSchedule {
  const { minimum, maximum } = LIMITS.ttlSeconds
  const ttl = readNumber(response, 'ttl_seconds')
  const interval = readNumber(response, 'heartbeat_interval_seconds')
  return {
    ttlSeconds: ttl >= minimum && ttl <= maximum ? ttl : undefined,
    intervalSeconds: interval > 0 && interval < maximum ? interval : undefined,
  }
}

/**
 * Returns the interval between two heartbeats in seconds: that of the application, or otherwise that of the registry.
 * A registry that asks for more than a third of the TTL is overloaded: then the longer of both is in force.
 */
export function intervalInForce({
  ownSeconds,
  askedSeconds,
  ttlSeconds,
}: {
  ownSeconds: number | undefined
  askedSeconds: number | undefined
  ttlSeconds: number
}): number | undefined {
  if (ownSeconds === undefined || askedSeconds === undefined) return ownSeconds ?? askedSeconds
  const isOverloaded = askedSeconds - ttlSeconds / 3 > ROUNDING_SECONDS
  return isOverloaded ? Math.max(ownSeconds, askedSeconds) : ownSeconds
}

function readNumber(response: unknown, name: string): number {
  const value: unknown = typeof response === 'object' && response && Reflect.get(response, name)
  return typeof value === 'number' ? value : Number.NaN
}

import { LIMITS } from '@rollcall/protocol'

/** What the registry answered to a sign of life; undefined: nothing, or nothing that makes sense. */
export interface HeartbeatSchedule {
  /** How long the lease is now. */
  readonly ttlSeconds?: number | undefined
  /** How often the registry wants to hear from the agent. */
  readonly intervalSeconds?: number | undefined
}

/** Reads an answer that may be anything: an older registry says less, and a proxy says what it likes. */
export function heartbeatScheduleIn(answer: unknown): HeartbeatSchedule {
  const { minimum, maximum } = LIMITS.ttlSeconds
  const ttl = numberIn(answer, 'ttl_seconds')
  const interval = numberIn(answer, 'heartbeat_interval_seconds')
  return {
    ttlSeconds: ttl >= minimum && ttl <= maximum ? ttl : undefined,
    intervalSeconds: interval > 0 && interval < maximum ? interval : undefined,
  }
}

function numberIn(answer: unknown, name: string): number {
  const value: unknown = typeof answer === 'object' && answer && Reflect.get(answer, name)
  return typeof value === 'number' ? value : Number.NaN
}

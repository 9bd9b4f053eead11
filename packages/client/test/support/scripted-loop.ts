import { HeartbeatLoop, type HeartbeatLoopParts } from '../../src/agent/heartbeat-loop.ts'
import type { HeartbeatSchedule } from '../../src/agent/heartbeat-schedule.ts'
import { ApiError } from '../../src/errors/api-error.ts'
import { NetworkError } from '../../src/errors/network-error.ts'
import { ManualClientClock } from './manual-client-clock.ts'

/** The schedule in a successful response. */
export const SCHEDULE: HeartbeatSchedule = { ttlSeconds: 60, intervalSeconds: 20 }
/** The interval after a success, and the maximum delay after a failure. */
export const THIRD_OF_TTL_MS = 20_000

/** A loop with scripted results for its heartbeats; beyond the script, they succeed. */
export class ScriptedLoop {
  readonly clock = new ManualClientClock()
  /** Calls and events of the loop, in order. */
  readonly log: string[] = []
  readonly heartbeats: (HeartbeatSchedule | Error | Promise<HeartbeatSchedule>)[] = []
  readonly registrations: (HeartbeatSchedule | Error | Promise<HeartbeatSchedule>)[] = []
  readonly recoveries: { failures: number; awayMs: number }[] = []
  inFlight = 0
  maxInFlight = 0
  readonly loop: HeartbeatLoop

  constructor(more: Partial<HeartbeatLoopParts> = {}) {
    this.loop = new HeartbeatLoop({
      clock: this.clock,
      ttlSeconds: 60,
      keepsAlive: false,
      sendHeartbeat: (signal) =>
        this.#respond('heartbeat', this.heartbeats.shift() ?? SCHEDULE, signal),
      register: (signal) =>
        this.#respond('register', this.registrations.shift() ?? SCHEDULE, signal),
      failed: (error) => this.log.push(error instanceof Error ? error.message : 'failed'),
      lost: () => this.log.push('lost'),
      reregistered: () => this.log.push('reregistered'),
      recovered: (outage) => {
        this.log.push('recovered')
        this.recoveries.push(outage)
      },
      ...more,
    })
  }

  /** Fires the next timer. Returns the delay that the loop schedules after it. */
  async tick(): Promise<number> {
    await this.clock.fireNext()
    return (await this.clock.nextTimer()).ms
  }

  async #respond(
    what: string,
    response: HeartbeatSchedule | Error | Promise<HeartbeatSchedule>,
    signal: AbortSignal,
  ) {
    this.log.push(what)
    this.maxInFlight = Math.max(this.maxInFlight, ++this.inFlight)
    try {
      if (response instanceof Error) throw response
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
      return await Promise.race([response, aborted])
    } finally {
      this.inFlight--
    }
  }
}

/** The registry is unreachable. */
export const unreachable = (): NetworkError => new NetworkError('unreachable')
/** The registry does not know the agent. */
export const unknownAgent = (): ApiError =>
  new ApiError('unknown', { status: 404, code: 'AGENT_NOT_FOUND' })
/** The registry is overloaded. */
export const overloaded = (retryAfterSeconds?: number): ApiError =>
  new ApiError('overloaded', { status: 503, code: 'OVERLOADED', retryAfterSeconds })

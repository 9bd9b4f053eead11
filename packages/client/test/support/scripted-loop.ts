import { HeartbeatLoop, type HeartbeatLoopParts } from '../../src/agent/heartbeat-loop.ts'
import type { HeartbeatSchedule } from '../../src/agent/heartbeat-schedule.ts'
import { ApiError } from '../../src/errors/api-error.ts'
import { NetworkError } from '../../src/errors/network-error.ts'
import { ManualClientClock } from './manual-client-clock.ts'

/** A good answer. */
export const PULSE: HeartbeatSchedule = { ttlSeconds: 60, intervalSeconds: 20 }
/** The pause that a good answer asks for, and the longest after a bad one. */
export const THIRD_OF_TTL_MS = 20_000

/** A loop whose heartbeats are answered as the script says; when that ends, well. */
export class ScriptedLoop {
  readonly clock = new ManualClientClock()
  /** What the loop did and told, in order. */
  readonly story: string[] = []
  readonly beats: (HeartbeatSchedule | Error | Promise<HeartbeatSchedule>)[] = []
  readonly registrations: (HeartbeatSchedule | Error | Promise<HeartbeatSchedule>)[] = []
  readonly recoveries: { failures: number; awayMs: number }[] = []
  underWay = 0
  mostUnderWay = 0
  readonly loop: HeartbeatLoop

  constructor(more: Partial<HeartbeatLoopParts> = {}) {
    this.loop = new HeartbeatLoop({
      clock: this.clock,
      ttlSeconds: 60,
      keepsAlive: false,
      beat: (signal) => this.#answer('beat', this.beats.shift() ?? PULSE, signal),
      register: (signal) => this.#answer('register', this.registrations.shift() ?? PULSE, signal),
      failed: (error) => this.story.push(error instanceof Error ? error.message : 'failed'),
      lost: () => this.story.push('lost'),
      reregistered: () => this.story.push('reregistered'),
      recovered: (story) => {
        this.story.push('recovered')
        this.recoveries.push(story)
      },
      ...more,
    })
  }

  /** Rings, and gives back how long the loop waits after what it does then. */
  async turn(): Promise<number> {
    await this.clock.ring()
    return (await this.clock.timer()).ms
  }

  async #answer(
    what: string,
    answer: HeartbeatSchedule | Error | Promise<HeartbeatSchedule>,
    signal: AbortSignal,
  ) {
    this.story.push(what)
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay)
    try {
      if (answer instanceof Error) throw answer
      const givenUp = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
      return await Promise.race([answer, givenUp])
    } finally {
      this.underWay--
    }
  }
}

/** Nobody answers. */
export const away = (): NetworkError => new NetworkError('away')
/** The registry does not know the agent. */
export const unknown = (): ApiError =>
  new ApiError('unknown', { status: 404, code: 'AGENT_NOT_FOUND' })
/** The registry has too much to do. */
export const overloaded = (retryAfterSeconds?: number): ApiError =>
  new ApiError('overloaded', { status: 503, code: 'OVERLOADED', retryAfterSeconds })

import type { ClientClock } from '../clock.ts'
import { isApiError } from '../errors/api-error.ts'
import { pauseAfter, SHORTEST_PAUSE_MS } from './backoff.ts'
import type { HeartbeatSchedule } from './heartbeat-schedule.ts'

/** What the loop does its work with. */
export interface HeartbeatLoopParts {
  readonly clock: ClientClock
  /** Sends a heartbeat. Rejects with `AGENT_NOT_FOUND` when the agent has to register again. */
  readonly beat: (signal: AbortSignal) => Promise<HeartbeatSchedule>
  /** Registers the agent with everything it is. */
  readonly register: (signal: AbortSignal) => Promise<HeartbeatSchedule>
  readonly ttlSeconds: number
  /** Seconds between two heartbeats; default: what the registry says. */
  readonly intervalSeconds?: number | undefined
  /** The loop alone keeps the process running. */
  readonly keepsAlive: boolean
  readonly failed: (error: unknown) => void
  readonly lost: () => void
  readonly reregistered: () => void
  readonly recovered: (story: { failures: number; awayMs: number }) => void
}

/** Heartbeats are up to a tenth of the interval early or late, so that a fleet does not keep step. */
const JITTER = 0.1
/** Of the TTL: no heartbeat is planned later than that. */
const LATEST = 0.95

/**
 * Keeps an agent in the registry: a heartbeat, a pause, the next one, never two at a time. Whatever
 * goes wrong, it goes on: it tries again after a random pause that grows, but never beyond a third
 * of the TTL, and registers the agent again when the registry does not know it.
 */
export class HeartbeatLoop {
  readonly #parts: HeartbeatLoopParts
  readonly #stop = new AbortController()
  #ttlMs: number
  #intervalMs: number
  #cancelTimer: () => void = () => undefined
  #running: Promise<void> | undefined
  #isTurning = false
  #failures = 0
  #failedSince = 0
  #isLost = false

  constructor(parts: HeartbeatLoopParts) {
    this.#parts = parts
    this.#ttlMs = parts.ttlSeconds * 1000
    this.#intervalMs = (parts.intervalSeconds ?? parts.ttlSeconds / 3) * 1000
  }

  /** As the registry last said. */
  get ttlSeconds(): number {
    return this.#ttlMs / 1000
  }

  /** The first heartbeat comes after one interval: whoever starts the loop has just registered. */
  start(): void {
    this.#next(this.#jittered(this.#intervalMs))
  }

  /** The next heartbeat comes now, unless one is under way. */
  hurry(): void {
    if (this.#isTurning) return
    this.#cancelTimer()
    this.#next(0)
  }

  /** No heartbeat goes out any more; one that is under way is given up. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#cancelTimer()
    await this.#running
  }

  #next(ms: number): void {
    this.#isTurning = false
    if (this.#stop.signal.aborted) return
    this.#cancelTimer = this.#parts.clock.setTimer(
      () => {
        this.#isTurning = true
        this.#running = this.#turn()
      },
      Math.max(SHORTEST_PAUSE_MS, ms),
      this.#parts.keepsAlive,
    )
  }

  async #turn(): Promise<void> {
    const { clock } = this.#parts
    const began = clock.now()
    try {
      this.#learn(await this.#signOfLife(this.#stop.signal))
      this.#told()
      const took = clock.now() - began
      this.#next(this.#jittered(this.#intervalMs) - took)
    } catch (error) {
      if (this.#stop.signal.aborted) return
      if (this.#failures++ === 0) this.#failedSince = began
      this.#parts.failed(error)
      this.#next(this.#pauseAfter(error))
    }
  }

  /** A heartbeat, or a registration while the registry does not know the agent. */
  async #signOfLife(signal: AbortSignal): Promise<HeartbeatSchedule> {
    const { beat, register, lost } = this.#parts
    if (!this.#isLost) {
      try {
        return await beat(signal)
      } catch (error) {
        if (!isApiError(error, 'AGENT_NOT_FOUND')) throw error
        this.#isLost = true
        lost()
      }
    }
    return await register(signal)
  }

  /** What the answer does not say stays as it was last said. */
  #learn({ ttlSeconds, intervalSeconds }: HeartbeatSchedule): void {
    if (ttlSeconds !== undefined) this.#ttlMs = ttlSeconds * 1000
    const seconds = this.#parts.intervalSeconds ?? intervalSeconds
    if (seconds !== undefined) this.#intervalMs = seconds * 1000
    else if (ttlSeconds !== undefined) this.#intervalMs = this.#ttlMs / 3
  }

  #told(): void {
    const failures = this.#failures
    this.#failures = 0
    if (this.#isLost) {
      this.#isLost = false
      this.#parts.reregistered()
    }
    if (failures > 0) {
      this.#parts.recovered({ failures, awayMs: this.#parts.clock.now() - this.#failedSince })
    }
  }

  #pauseAfter(error: unknown): number {
    const mostMs = this.#ttlMs / 3
    const random = this.#parts.clock.random()
    return pauseAfter(error, { failures: this.#failures, mostMs, random })
  }

  #jittered(ms: number): number {
    const jittered = ms * (1 + JITTER * (2 * this.#parts.clock.random() - 1))
    return Math.min(jittered, LATEST * this.#ttlMs)
  }
}

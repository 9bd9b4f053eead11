import type { ClientClock } from '../clock.ts'
import { isApiError } from '../errors/api-error.ts'
import { MIN_DELAY_MS, retryDelayMs } from './backoff.ts'
import { type HeartbeatSchedule, intervalInForce } from './heartbeat-schedule.ts'

/** Dependencies of {@link HeartbeatLoop}. */
export interface HeartbeatLoopParts {
  readonly clock: ClientClock
  /** Sends a heartbeat. Rejects with `AGENT_NOT_FOUND` if the agent has to register again. */
  readonly sendHeartbeat: (signal: AbortSignal) => Promise<HeartbeatSchedule>
  /** Registers the agent with its current properties. */
  readonly register: (signal: AbortSignal) => Promise<HeartbeatSchedule>
  readonly ttlSeconds: number
  /** Seconds between two heartbeats; default: as the registry asks. */
  readonly intervalSeconds?: number | undefined
  /** Seconds until the first heartbeat, as the registry has asked; default: a third of the TTL. */
  readonly askedIntervalSeconds?: number | undefined
  /** Whether the loop keeps the process running. */
  readonly keepsAlive: boolean
  readonly failed: (error: unknown) => void
  readonly lost: () => void
  readonly reregistered: () => void
  readonly recovered: (outage: { failures: number; awayMs: number }) => void
}

/** Jitter as a share of the interval, so that the heartbeats of a fleet do not synchronize. */
const JITTER = 0.1
/** Latest time of the next heartbeat, as a share of the TTL. */
const MAX_TTL_SHARE = 0.95

/**
 * Keeps an agent registered with periodic heartbeats, never two at a time. After a failure it
 * retries with exponential backoff and jitter, up to a third of the TTL. Registers the agent again
 * if the registry does not know it.
 */
export class HeartbeatLoop {
  readonly #parts: HeartbeatLoopParts
  readonly #stop = new AbortController()
  #ttlMs: number
  #intervalMs: number
  #cancelTimer: () => void = () => undefined
  #running: Promise<void> | undefined
  #isSending = false
  #failures = 0
  #failedSince = 0
  #isLost = false

  constructor(parts: HeartbeatLoopParts) {
    this.#parts = parts
    this.#ttlMs = parts.ttlSeconds * 1000
    const interval = intervalInForce({
      ownSeconds: parts.intervalSeconds,
      askedSeconds: parts.askedIntervalSeconds,
      ttlSeconds: parts.ttlSeconds,
    })
    this.#intervalMs = (interval ?? parts.ttlSeconds / 3) * 1000
  }

  /** Lease duration in seconds, as last reported by the registry. */
  get ttlSeconds(): number {
    return this.#ttlMs / 1000
  }

  /** Schedules the first heartbeat after one interval: the agent has just registered. */
  start(): void {
    this.#schedule(this.#jittered(this.#intervalMs))
  }

  /** Sends the next heartbeat now, unless one is in flight. */
  sendNow(): void {
    if (this.#isSending) return
    this.#cancelTimer()
    this.#schedule(0)
  }

  /** Stops the loop and aborts a heartbeat in flight. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#cancelTimer()
    await this.#running
  }

  #schedule(ms: number): void {
    this.#isSending = false
    if (this.#stop.signal.aborted) return
    this.#cancelTimer = this.#parts.clock.setTimer(
      () => {
        this.#isSending = true
        this.#running = this.#renew()
      },
      Math.max(MIN_DELAY_MS, ms),
      this.#parts.keepsAlive,
    )
  }

  async #renew(): Promise<void> {
    const { clock } = this.#parts
    const startedAt = clock.now()
    try {
      this.#applySchedule(await this.#heartbeatOrRegister(this.#stop.signal))
      this.#succeeded()
      const elapsedMs = clock.now() - startedAt
      this.#schedule(this.#jittered(this.#intervalMs) - elapsedMs)
    } catch (error) {
      if (this.#stop.signal.aborted) return
      if (this.#failures++ === 0) this.#failedSince = startedAt
      this.#parts.failed(error)
      this.#schedule(this.#retryDelayMs(error))
    }
  }

  /** Sends a heartbeat, or a registration while the registry does not know the agent. */
  async #heartbeatOrRegister(signal: AbortSignal): Promise<HeartbeatSchedule> {
    const { sendHeartbeat, register, lost } = this.#parts
    if (!this.#isLost) {
      try {
        return await sendHeartbeat(signal)
      } catch (error) {
        if (!isApiError(error, 'AGENT_NOT_FOUND')) throw error
        this.#isLost = true
        lost()
      }
    }
    return await register(signal)
  }

  /** Values missing from the response stay unchanged. */
  #applySchedule({ ttlSeconds, intervalSeconds }: HeartbeatSchedule): void {
    if (ttlSeconds !== undefined) this.#ttlMs = ttlSeconds * 1000
    const seconds = intervalInForce({
      ownSeconds: this.#parts.intervalSeconds,
      askedSeconds: intervalSeconds,
      ttlSeconds: this.ttlSeconds,
    })
    if (seconds !== undefined) this.#intervalMs = seconds * 1000
    else if (ttlSeconds !== undefined) this.#intervalMs = this.#ttlMs / 3
  }

  #succeeded(): void {
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

  #retryDelayMs(error: unknown): number {
    const maxMs = this.#ttlMs / 3
    const random = this.#parts.clock.random()
    return retryDelayMs(error, { failures: this.#failures, maxMs, random })
  }

  #jittered(ms: number): number {
    const jittered = ms * (1 + JITTER * (2 * this.#parts.clock.random() - 1))
    return Math.min(jittered, MAX_TTL_SHARE * this.#ttlMs)
  }
}
